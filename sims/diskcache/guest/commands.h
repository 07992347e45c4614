/* The upper layer of PROTOCOL.md: what the harness can tell this guest to do. */
#pragma once

struct thread;

/* The command thread: for ever. */
void commands_run(struct thread *self);
