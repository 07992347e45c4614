/* Why an operation failed; 0 is success. */
#pragma once

enum error {
    ERROR_NONE = 0,
    /* No such call, pin, register, or a pointer that is not the caller's. */
    ERROR_ARGUMENT = -1,
    ERROR_TIMEOUT = -2,
    /* The card: no answer to a command; a damaged answer; damaged data; an error bit in its status;
     * nothing that could be addressed by sectors. */
    ERROR_NO_ANSWER = -3,
    ERROR_ANSWER_DAMAGED = -4,
    ERROR_DATA_DAMAGED = -5,
    ERROR_DATA_TIMEOUT = -6,
    ERROR_CARD_STATUS = -7,
    ERROR_CARD_KIND = -8,
    /* Beyond the end. */
    ERROR_RANGE = -9,
    /* An application's image that is none. */
    ERROR_IMAGE = -10,
    /* A call that an interrupt handler must not make. */
    ERROR_IN_HANDLER = -11,
};

/* For people. */
const char *error_text(int error);
