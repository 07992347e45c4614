/**
 * Defects of the board's operating system, each a text that is put in place of another, and the
 * scenario that must notice it: `main.ts` tries them.
 */

export interface Defect {
  readonly name: string;
  readonly breaks: string;
  /** In sims/bbb/firmware/os. */
  readonly file: string;
  /** Stands there once. */
  readonly from: string;
  readonly to: string;
  /** Of scenarios/bbb, without its ending. */
  readonly scenarios: string;
  readonly scenario: string;
}

type Row = readonly [name: string, breaks: string, file: string, from: string, to: string];

const BY_SCENARIO: readonly {
  readonly scenarios: string;
  readonly scenario: string;
  readonly defects: readonly Row[];
}[] = [
  {
    scenarios: "os",
    scenario: "the operating system comes up line by line, and its shell answers",
    defects: [
      [
        "banner-order",
        "interrupts are told of before the MMU",
        "main.c",
        'serial_print("os: mmu on");\n    intc_init();\n    start_devices();\n    interrupts_on();\n' +
        '    serial_print("os: interrupts on");',
        "intc_init();\n    start_devices();\n    interrupts_on();\n" +
        '    serial_print("os: interrupts on");\n    serial_print("os: mmu on");',
      ],
      [
        "apps-elsewhere",
        "applications are looked for in another block",
        "memory_map.h",
        "#define APPS_BLOCK 0x28000",
        "#define APPS_BLOCK 0x29000",
      ],
      [
        "no-sector-bit",
        "CMD1 does not ask for sectors",
        "emmc.c",
        "command(1, OCR_SECTORS | OCR_VOLTAGES, R3)",
        "command(1, OCR_VOLTAGES, R3)",
      ],
      [
        "card-one-bit",
        "CMD6 leaves the card's bus at 1 bit",
        "emmc.c",
        "enum { WIDTH_8 = 2,",
        "enum { WIDTH_8 = 0,",
      ],
      [
        "controller-one-bit",
        "the controller's bus stays at 1 bit",
        "emmc.c",
        "set_bits(SD_CON, CON_DW8);",
        "",
      ],
    ],
  },
  {
    scenarios: "os",
    scenario: "the tick is 4096 Hz within 0.1 % over ten seconds of the board",
    defects: [
      [
        "slow-tick",
        "the tick comes each 9 counts",
        "timer.c",
        "start(DMTIMER7, -(uint32_t)(CLOCK_HZ / TICK_HZ), OVF)",
        "start(DMTIMER7, -(uint32_t)(CLOCK_HZ / TICK_HZ + 1), OVF)",
      ],
      [
        "lost-ticks",
        "one tick of 512 is not counted",
        "timer.c",
        "timer_counts.ticks++;",
        "if (timer_counts.real % 512) timer_counts.ticks++;",
      ],
    ],
  },
  {
    scenarios: "os",
    scenario: "two applications share the processor evenly, and their registers survive",
    defects: [
      [
        "one-asid",
        "both applications have one ASID",
        "mmu.c",
        "uint32_t asid = (uint32_t)n + 1;",
        "uint32_t asid = 1;",
      ],
      [
        "unfair",
        "the first application has turns of twice the length",
        "tasks.c",
        "if (current == idle || --current->left) return;\n    current->left = QUANTUM_TICKS;",
        "if (current == idle || --current->left) return;\n" +
        "    current->left = QUANTUM_TICKS * (current->space.asid == 1 ? 2 : 1);",
      ],
      [
        "long-quantum",
        "the quantum is 20 ms",
        "timer.h",
        "#define QUANTUM_TICKS 41",
        "#define QUANTUM_TICKS 82",
      ],
      [
        "register-changed",
        "a register does not survive a switch",
        "tasks.c",
        "current->frame = *frame;",
        "current->frame = *frame;\n    current->frame.r[9] ^= 1;",
      ],
    ],
  },
  {
    scenarios: "os",
    scenario: "a yield is immediate, and its interrupt 95 is told apart from the timer's",
    defects: [
      [
        "yield-waits",
        "a yield raises its interrupt after 100 us",
        "tasks.c",
        "intc_raise(LINE_TIMER7);",
        "clock_wait_us(100);\n    intc_raise(LINE_TIMER7);",
      ],
      [
        "yield-stays",
        "a yield does not switch",
        "tasks.c",
        "if (!current || current == idle) return;\n    current->left = QUANTUM_TICKS;\n" +
        "    leave = TO_BACK;",
        "if (!current || current == idle) return;\n    current->left = QUANTUM_TICKS;",
      ],
      [
        "all-real",
        "each interrupt 95 is taken for the timer's",
        "timer.c",
        "bool real = read32(DMTIMER7 + IRQSTATUS) & OVF;",
        "bool real = true;",
      ],
    ],
  },
  {
    scenarios: "os_memory",
    scenario: "a button press turns the LED over from a handler in user memory, within 5 ms",
    defects: [
      [
        "handler-elsewhere",
        "a handler runs with the addresses of whom it interrupts",
        "handlers.c",
        "space_enter(&task->space);\n    handler_task = task;",
        "handler_task = task;",
      ],
      [
        "handler-stays",
        "the interrupted task goes on with the handler's addresses",
        "handlers.c",
        "handler_task = NULL;\n" +
        "    space_enter(current && current->space.asid ? &current->space : NULL);",
        "handler_task = NULL;",
      ],
      [
        "no-rise",
        "rising edges are not listened to",
        "gpio.c",
        "set_event(base + RISINGDETECT, bit, event == GPIO_RISE);",
        "",
      ],
    ],
  },
  {
    scenarios: "os_memory",
    scenario: "a button press turns the LED over, and the board's own clock says how soon",
    defects: [
      [
        "late-handler",
        "a handler is called 6 ms late",
        "handlers.c",
        "handler_calls++;",
        "handler_calls++;\n    clock_wait_us(6000);",
      ],
    ],
  },
  {
    scenarios: "os_memory",
    scenario:
      "an interrupt that software raises reaches the handler in user memory as a pin's does",
    defects: [
      [
        "slow-entry",
        "a handler is called 100 us after the interrupt",
        "handlers.c",
        "handler_calls++;",
        "handler_calls++;\n    clock_wait_us(100);",
      ],
      [
        "raised-stays",
        "the interrupted task goes on with the handler's addresses",
        "handlers.c",
        "space_enter(&task->space);\n    handler_task = task;",
        "handler_task = task;",
      ],
    ],
  },
  {
    scenarios: "os_memory",
    scenario: "a stray pointer ends its application, and the other one works on",
    defects: [
      [
        "open-memory",
        "applications may write all memory",
        "mmu.c",
        "L1_READ_WRITE = 1 << 10",
        "L1_READ_WRITE = 3 << 10",
      ],
      [
        "null-mapped",
        "there is memory at address 0",
        "mmu.c",
        "user_tables[n][USER_BASE / SECTION] = ",
        "user_tables[n][0] = user_tables[n][USER_BASE / SECTION] = ",
      ],
      [
        "ends-both",
        "a fault ends the other application too",
        "fault.c",
        "    task_kill(task);\n",
        "    task_kill(task);\n" +
        "    for (int i = 0; i < TASKS_MAX; i++) {\n" +
        "        if (tasks[i].space.asid) task_kill(&tasks[i]);\n    }\n",
      ],
    ],
  },
  {
    scenarios: "os_memory",
    scenario: "a handler with a stray pointer ends its application, and interrupts go on",
    defects: [
      [
        "no-abandon",
        "a handler that faults is gone on with",
        "fault.c",
        "if (in_handler) {",
        "if (false) {",
      ],
    ],
  },
  {
    scenarios: "os_memory",
    scenario: "a panic prints the fault and the registers, and power brings the system back",
    defects: [
      ["no-r12", "R12 is not printed", "fault.c", "i < 13; i += 4", "i < 12; i += 4"],
      [
        "write-is-read",
        "a write that faults is told as a read",
        "fault.c",
        'status & 1 << 11 ? "write" : "read"',
        'status & 1 << 11 ? "read" : "write"',
      ],
    ],
  },
  {
    scenarios: "os",
    scenario: "reset by the shell comes back through U-Boot to the same system",
    defects: [
      [
        "no-reset",
        "the chip is not reset",
        "clocks.c",
        "write32(PRM_RSTCTRL, RST_GLOBAL_WARM_SW);",
        "",
      ],
    ],
  },
  {
    scenarios: "os_devices",
    scenario: "pins of the expander follow each other through its interrupt on GPIO 60",
    defects: [
      [
        "deaf-expander",
        "the expander is not told to interrupt",
        "apps/app2.c",
        "expander_write(GPINTENA, 0xff);",
        "expander_write(GPINTENA, 0x00);",
      ],
      [
        "seven-pins",
        "one pin does not follow",
        "apps/app2.c",
        "expander_write(OLATB, (uint32_t)pins);",
        "expander_write(OLATB, (uint32_t)pins | 0x80);",
      ],
    ],
  },
  {
    scenarios: "os_devices",
    scenario: "the EEPROM keeps what is written, across its pages, and an application prints it",
    defects: [
      [
        "no-pages",
        "a write goes on at the end of a page",
        "eeprom.c",
        "least(size, PAGE - address % PAGE)",
        "least(size, PAGE)",
      ],
      [
        "never-busy",
        "the status is always 0",
        "eeprom.c",
        "return error ? error : status;",
        "return error ? error : 0;",
      ],
    ],
  },
  {
    scenarios: "os_devices",
    scenario: "the eMMC keeps what is written, one block and many, and says what it cannot do",
    defects: [
      [
        "no-multiple",
        "many blocks are asked for by the command for one",
        "emmc.c",
        "command_checked(single + 1, block,",
        "command_checked(single, block,",
      ],
      [
        "read-shifted",
        "many blocks are read from the second on",
        "emmc.c",
        "error = begin(17, block, part, DATA_READ);",
        "error = begin(17, block + (part > 1), part, DATA_READ);",
      ],
    ],
  },
  {
    scenarios: "os_devices",
    scenario:
      "power that is cut while the eMMC is written costs what was not written, and it boots again",
    defects: [
      [
        "never-written",
        "blocks that are far behind are not written",
        "emmc.c",
        "error = begin(24, block, part, 0);",
        "if (block > 0x50000) return 0;\n        error = begin(24, block, part, 0);",
      ],
    ],
  },
  {
    scenarios: "os_devices",
    scenario: "pins that are watched tell edges and levels",
    defects: [
      ["no-fall", "falling edges are no events", "gpio.c", "event == GPIO_FALL", "false"],
      ["no-high", "high levels are no events", "gpio.c", "bit, event == GPIO_HIGH", "bit, false"],
      ["no-low", "low levels are no events", "gpio.c", "bit, event == GPIO_LOW", "bit, false"],
      [
        "output-for-input",
        "a pin's level is what it would be as an output",
        "gpio.c",
        "return read32(base_of(gpio) + DATAIN)",
        "return read32(base_of(gpio) + DATAOUT)",
      ],
    ],
  },
  {
    scenarios: "os_devices",
    scenario: "a watched pin that is debounced tells no short pulse",
    defects: [
      [
        "no-debounce",
        "pins are not debounced",
        "gpio.c",
        "set_event(base + DEBOUNCENABLE, bit, debounce_us != 0);",
        "",
      ],
    ],
  },
  {
    scenarios: "os_uarts",
    scenario: "each UART on a header sends back what it hears, and keeps what is not echoed",
    defects: [
      [
        "no-receive-interrupt",
        "UARTs do not interrupt for what comes",
        "uart.c",
        "set_ier(n, RHRIT | LINESTSIT | (",
        "set_ier(n, (n ? 0 : RHRIT) | LINESTSIT | (",
      ],
      [
        "one-listener",
        "UARTs 2 to 5 share one line's interrupt",
        "uart.c",
        "intc_serve(modules[n].line, uart_interrupt);",
        "intc_serve(modules[n < 2 ? n : 2].line, uart_interrupt);",
      ],
    ],
  },
  {
    scenarios: "os_uarts",
    scenario: "100,000 bytes each way on three UARTs at once, and none is lost",
    defects: [
      [
        "long-tick",
        "once in a second interrupts are off for 8 ms",
        "timer.c",
        "timer_counts.ticks++;",
        "if (timer_counts.ticks++ % TICK_HZ == 0) clock_wait_us(8000);",
      ],
    ],
  },
];

export const DEFECTS: readonly Defect[] = BY_SCENARIO.flatMap(({ scenarios, scenario, defects }) =>
  defects.map(([name, breaks, file, from, to]) => ({
    ...{ name, breaks, file, from, to },
    ...{ scenarios, scenario },
  }))
);
