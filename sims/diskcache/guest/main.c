/* The order in which the machine comes to life. */
#include <stddef.h>

#include "ata.h"
#include "cache.h"
#include "commands.h"
#include "interrupts.h"
#include "memory.h"
#include "memory_map.h"
#include "serial.h"
#include "threads.h"
#include "timer.h"

enum { ENTRIES_DEFAULT = 64 };

/* boot.S, interrupts off. */
_Noreturn void kernel_main(const struct start_info *start_info) {
    static const char greeting[] = "disk cache guest\r\n";
    serial_init();
    serial_put(greeting, sizeof greeting - 1);
    interrupts_init();
    threads_init();
    memory_init(start_info);
    cache_init(fixed_array(ENTRIES_DEFAULT), &first_pending);
    ata_init();
    serial_use_interrupts();
    timer_init();
    thread_start_system(commands_run, NULL);
    threads_idle();
}
