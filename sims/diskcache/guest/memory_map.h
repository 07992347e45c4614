/*
 * The whole machine on one page. Everything is identity-mapped: a pointer is a physical address,
 * so that the bus master and the processor call a block by the same name.
 *
 *   0010_0000  PVH note, code, constants      kernel.ld
 *              initialised data
 *              .bss, cleared by boot.S        page tables, IDT, cache, history, rings
 *              .scratch, not cleared          stacks of the threads
 *   image_end  pages that nobody has yet      memory.c, up to the end of memory: entries and blocks
 *                                             of the tree
 *   FEE0_0000  local APIC                     only its pin for the PIC is used
 *
 *   ports                                     interrupts (PIC, vector = 0x20 + IRQ)
 *   0020 00A0  PIC                            IRQ 0   PIT, 1000 Hz           timer.c
 *   0040       PIT                            IRQ 4   COM1                   serial.c
 *   01F0 03F6  primary ATA channel            IRQ 14  primary ATA channel    ata.c
 *   0170 0376  secondary ATA channel          IRQ 15  secondary ATA channel  ata.c
 *   03F8       COM1
 *   0CF8 0CFC  PCI configuration
 *   C000       IDE bus master (if the firmware gave it no place)
 *
 * Who runs when. One processor; interrupts are off wherever the comment of a function says
 * "lock held", and in interrupt functions. With interrupts on, any thread may lose the processor
 * to another one after any instruction.
 *
 *   boot.S -> kernel_main -> threads: idle, commands, one "resetter" a channel, and one for each
 *   operation that the harness started (operations.c), which calls cache.c, which calls hal.h.
 *   IRQ 14/15 -> ata.c -> cache_done -> cache_schedule_io -> hal_submit -> ata.c
 */
#pragma once

#define SCRATCH __attribute__((section(".scratch"), aligned(4096)))

#define LOCAL_APIC 0xfee00000u
#define BUS_MASTER_DEFAULT 0xc000

#define TICK_HZ 1000

#define STACK_SIZE (16 << 10)
/* Operations that the harness may have running, and the threads of the kernel itself. */
#define THREADS_MAX 64
#define SYSTEM_THREADS 4
