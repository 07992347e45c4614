#include "pins.h"

#include "io.h"

enum { CONTROL = 0x44e10000 };
enum { PULL_OFF = 1 << 3, PULL_DOWN = 0, PULL_UP = 1 << 4, RECEIVE = 1 << 5 };
enum { OUT = PULL_OFF, IN = RECEIVE | PULL_OFF, IN_UP = RECEIVE | PULL_UP };
enum { IN_DOWN = RECEIVE | PULL_DOWN };

/* conf_<ball>: the offset, the mode, and how. UART3's receiver is on no pin of the board. */
static const struct {
    uint16_t offset;
    uint8_t mode, how;
} pins[] = {
    {0x970, 0, IN_UP},   /* uart0_rxd */
    {0x974, 0, OUT},     /* uart0_txd */
    {0x980, 0, IN_UP},   /* uart1_rxd, P9.26 */
    {0x984, 0, OUT},     /* uart1_txd, P9.24 */
    {0x950, 1, IN_UP},   /* spi0_sclk: uart2_rxd, P9.22 */
    {0x954, 1, OUT},     /* spi0_d0: uart2_txd, P9.21 */
    {0x870, 6, IN_UP},   /* gpmc_wait0: uart4_rxd, P9.11 */
    {0x874, 6, OUT},     /* gpmc_wpn: uart4_txd, P9.13 */
    {0x8c4, 4, IN_UP},   /* lcd_data9: uart5_rxd, P8.38 */
    {0x8c0, 4, OUT},     /* lcd_data8: uart5_txd, P8.37 */

    {0x800, 1, IN_UP},   /* gpmc_ad0 to 7: mmc1_dat0 to 7 */
    {0x804, 1, IN_UP},
    {0x808, 1, IN_UP},
    {0x80c, 1, IN_UP},
    {0x810, 1, IN_UP},
    {0x814, 1, IN_UP},
    {0x818, 1, IN_UP},
    {0x81c, 1, IN_UP},
    {0x880, 2, IN_UP},   /* gpmc_csn1: mmc1_clk, whose receiver gives the controller its clock */
    {0x884, 2, IN_UP},   /* gpmc_csn2: mmc1_cmd */

    {0x990, 3, IN},      /* mcasp0_aclkx: spi1_sclk, P9.31; its receiver clocks what comes */
    {0x994, 3, OUT},     /* mcasp0_fsx: spi1_d0 (MOSI), P9.29 */
    {0x998, 3, IN_UP},   /* mcasp0_axr0: spi1_d1 (MISO), P9.30 */
    {0x99c, 3, OUT},     /* mcasp0_ahclkr: spi1_cs0, P9.28 */
    {0x964, 2, OUT},     /* ecap0_in_pwm0_out: spi1_cs1, P9.42 */
    {0x9a0, 7, IN},      /* mcasp0_aclkr, GPIO3_18: on P9.42 too, and must not drive it */

    {0x878, 7, IN_UP},   /* gpmc_be1n: GPIO1_28 (60), P9.12, interrupt of the expander */
    {0x890, 7, IN_DOWN}, /* gpmc_advn_ale: GPIO2_2 (66), P8.7, the button to 3.3 V */
    {0x854, 7, OUT},     /* gpmc_a5 to 8: GPIO1_21 to 24 (53 to 56), the LEDs */
    {0x858, 7, OUT},
    {0x85c, 7, OUT},
    {0x860, 7, OUT},
};

void pins_init(void) {
    for (unsigned i = 0; i < sizeof pins / sizeof *pins; i++) {
        write32(CONTROL + pins[i].offset, pins[i].mode | pins[i].how);
    }
}
