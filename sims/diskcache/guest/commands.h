/* The upper layer of PROTOCOL.md: what the harness can tell this guest. */
#pragma once

/* The command thread: for ever. */
struct thread;
void commands_run(struct thread *self);
