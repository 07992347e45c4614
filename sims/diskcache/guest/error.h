/* Why an operation failed; 0 is success. */
#pragma once

enum error {
    ERROR_NONE = 0,
    /* The drive did not answer in time and was reset. */
    ERROR_TIMEOUT = -1,
    /* `work` read what nobody wrote. */
    ERROR_BAD_READ = -2,
    /* The drive said so: ERROR_ATA less its error register. */
    ERROR_ATA = -0x100,
};

/* From the error register (8 bits), and back. */
#define ERROR_OF_REGISTER(value) (ERROR_ATA - (int)(value))
#define REGISTER_OF_ERROR(error) ((unsigned)(ERROR_ATA - (error)))
