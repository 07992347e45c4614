#include "error.h"

const char *error_text(int error) {
    static const char *const texts[] = {
        "no error",        "bad argument",          "timeout",
        "card: no answer", "card: answer damaged",  "card: data damaged",
        "card: no data",   "card: status has errors", "card: not addressed by sectors",
        "out of range",    "no image of an application", "not in an interrupt handler",
    };
    unsigned index = (unsigned)-error;
    return index < sizeof texts / sizeof *texts ? texts[index] : "unknown error";
}
