/*
 * The whole machine on one page.
 *
 * The kernel's addresses are physical ones (TTBR1, global; no access from user mode):
 *   44E0_0000  PRCM, control module, GPIO0, UART0, WDT1           Device
 *   4800_0000  the other modules, INTC                            Device
 *   8000_0000  os.bin: vectors, code, constants                   read only
 *              data, .bss, stacks of modes and of kernel tasks    kernel.ld
 *   8100_0000  memory of the applications, 1 MiB each             loader.c
 *   9000_0000  buffer of the shell's `emmc` commands              shell_emmc.c
 *
 * An application's (TTBR0 of its own, ASID = number of its task), the same in all of them:
 *   0000_0000  nothing: a null pointer faults
 *   1000_0000  its image: code read only, then data and .bss      apps/app.ld
 *   100F_C000  its stack, downwards from 1010_0000
 *
 * Who runs when. Tasks run in USR mode (applications) or SYS mode (the kernel's own: idle, shell),
 * which share one bank of registers: what an interrupt saves is the whole of a task, and any task
 * may lose the processor after any instruction.
 *   SVC  calls (swi) and the boot         interrupts off in calls, on at the end of the boot
 *   IRQ  interrupts; the interrupt handlers of applications, with the application's page table
 *   ABT, UND  faults: an application is ended, the kernel panics
 * "Interrupts off" in the comment of a function: any of these, or a task that has turned them off.
 *
 *   start.S -> kernel_main -> tasks_begin
 *   vectors.S -> irq_dispatch -> timer, UARTs, GPIO -> handlers.c -> application
 *             -> call_dispatch, fault_dispatch
 */
#pragma once

#define KERNEL_BASE 0x80000000
#define KERNEL_SIZE 0x00100000
#define DDR_BASE 0x80000000
#define DDR_SIZE 0x20000000

#define APPS_BASE 0x81000000
#define APP_SIZE 0x00100000
#define APPS_MAX 4

#define EMMC_BUFFER 0x90000000

#define USER_BASE 0x10000000
#define USER_STACK_SIZE 0x4000
#define USER_STACK_TOP (USER_BASE + APP_SIZE)

#define APPS_BLOCK 0x28000

/* Of vectors.S: bytes of a struct frame. */
#define FRAME_SIZE 72

/* Processor modes with IRQ and FIQ masked, and without. */
#define MODE_USR 0x10
#define MODE_FIQ 0x11
#define MODE_IRQ 0x12
#define MODE_SVC 0x13
#define MODE_ABT 0x17
#define MODE_UND 0x1b
#define MODE_SYS 0x1f
#define MODE_BITS 0x1f
#define PSR_I 0x80
