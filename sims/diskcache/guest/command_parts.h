/* What the rooms of the commands, commands.c and configure.c, share. The command thread. */
#pragma once

/* Of an answer (PROTOCOL.md). */
enum command_status { STATUS_GOOD, STATUS_WRONG, STATUS_NOT_CACHED, STATUS_BUSY };

/* commands.c. Keeps why the command fails, for the end of its answer; gives STATUS_WRONG. */
int wrong(const char *form, ...) __attribute__((format(printf, 1, 2)));

/* configure.c. Makes the cache anew, empty, when it is quiet; gives an enum command_status. */
int command_configure(char *rest);
