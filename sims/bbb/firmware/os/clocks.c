#include "clocks.h"

#include "cpu.h"
#include "io.h"

enum { CM_PER = 0x44e00000, CM_WKUP = 0x44e00400, CM_DPLL = 0x44e00500, PRM_DEVICE = 0x44e00f00 };
enum { PRM_RSTCTRL = PRM_DEVICE, RST_GLOBAL_WARM_SW = 1 };
enum { CLKSEL_TIMER7_CLK = CM_DPLL + 0x04, CLKSEL_TIMER6_CLK = CM_DPLL + 0x1c };
enum { CLKSEL_TIMER5_CLK = CM_DPLL + 0x18, CLK_M_OSC = 1, CLK_32KHZ = 2 };
enum { MODULEMODE_ENABLE = 2, IDLEST = 3 << 16, OPTFCLKEN_GPIO_GDBCLK = 1 << 18 };
enum { WDT1 = 0x44e35000, WWPS = WDT1 + 0x34, WSPR = WDT1 + 0x48, W_PEND_WSPR = 1 << 4 };

/* Registers CLKCTRL, and what they get beside MODULEMODE. */
static const struct {
    uint32_t address, more;
} modules[] = {
    {CM_PER + 0x14c, 0},                      /* CLKDIV32K: 32,768 Hz of the timers */
    {CM_PER + 0x07c, 0},                      /* TIMER7 */
    {CM_PER + 0x0f0, 0},                      /* TIMER6 */
    {CM_PER + 0x0ec, 0},                      /* TIMER5 */
    {CM_WKUP + 0x008, OPTFCLKEN_GPIO_GDBCLK}, /* GPIO0 */
    {CM_PER + 0x0ac, OPTFCLKEN_GPIO_GDBCLK},  /* GPIO1 */
    {CM_PER + 0x0b0, OPTFCLKEN_GPIO_GDBCLK},  /* GPIO2 */
    {CM_PER + 0x0b4, OPTFCLKEN_GPIO_GDBCLK},  /* GPIO3 */
    {CM_WKUP + 0x0b4, 0},                     /* UART0 */
    {CM_PER + 0x06c, 0},                      /* UART1 */
    {CM_PER + 0x070, 0},                      /* UART2 */
    {CM_PER + 0x074, 0},                      /* UART3 */
    {CM_PER + 0x078, 0},                      /* UART4 */
    {CM_PER + 0x038, 0},                      /* UART5 */
    {CM_PER + 0x050, 0},                      /* SPI1 */
    {CM_PER + 0x0f4, 0},                      /* MMC1 */
};

void clocks_init(void) {
    write32(CLKSEL_TIMER7_CLK, CLK_32KHZ);
    write32(CLKSEL_TIMER6_CLK, CLK_32KHZ);
    write32(CLKSEL_TIMER5_CLK, CLK_M_OSC);
    for (unsigned i = 0; i < sizeof modules / sizeof *modules; i++) {
        write32(modules[i].address, MODULEMODE_ENABLE | modules[i].more);
        while (read32(modules[i].address) & IDLEST) continue;
    }
}

void chip_reset(void) {
    interrupts_off();
    dsb();
    write32(PRM_RSTCTRL, RST_GLOBAL_WARM_SW);
    for (;;) continue;
}

void watchdog_stop(void) {
    static const uint32_t sequence[] = {0xaaaa, 0x5555};
    for (int i = 0; i < 2; i++) {
        write32(WSPR, sequence[i]);
        while (read32(WWPS) & W_PEND_WSPR) continue;
    }
}
