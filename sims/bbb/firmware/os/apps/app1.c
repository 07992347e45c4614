/* The button on GPIO 66 turns the LED on GPIO 55 over, from an interrupt handler of its own. */
#include "app.h"

enum { BUTTON = 66, LED = 55 };

/* Says what the LED shows: with another application's memory here, it would not follow. */
static uint32_t presses;

/* IRQ mode, with this application's addresses. */
static void pressed(uint32_t gpio, uint32_t level) {
    (void)gpio, (void)level;
    if (handler_strays) stray(REQUEST_STRAY_NULL);
    presses++;
    kernel_call3(CALL_GPIO_SET, LED, presses & 1, 0);
}

_Noreturn void main(void) {
    kernel_call3(CALL_GPIO_SET, LED, 0, 0);
    kernel_call3(CALL_HANDLE, BUTTON, GPIO_RISE, (uint32_t)pressed);
    print("the button is heard");
    work(1);
}
