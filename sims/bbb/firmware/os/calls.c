/* Calls of applications. SVC mode, interrupts off: from a task, or from its interrupt handler. */
#include "calls.h"

#include <stdbool.h>
#include <stddef.h>

#include "eeprom.h"
#include "error.h"
#include "expander.h"
#include "gpio.h"
#include "handlers.h"
#include "memory_map.h"
#include "serial.h"
#include "tasks.h"
#include "text.h"

enum { PRINT_MAX = 256 };

/* Whether that is memory of the application whose addresses are in use. */
static bool is_user(uint32_t address, uint32_t size) {
    return address >= USER_BASE && size <= APP_SIZE && address - USER_BASE <= APP_SIZE - size;
}

static int32_t call_sleep(struct task *task, const uint32_t *r) {
    /* Only tasks of the kernel, whose channels are addresses of the kernel. */
    if (task->space.asid || handler_task) return ERROR_ARGUMENT;
    task_block((const void *)r[0]);
    return 0;
}

static int32_t call_yield(struct task *task, const uint32_t *r) {
    (void)task, (void)r;
    if (handler_task) return ERROR_IN_HANDLER;
    task_yield();
    return 0;
}

static int32_t call_print(struct task *task, const uint32_t *r) {
    if (r[1] > PRINT_MAX || !is_user(r[0], r[1])) return ERROR_ARGUMENT;
    char line[PRINT_MAX + 32];
    size_t size = format(line, sizeof line, "%s: ", task->name);
    for (uint32_t i = 0; i < r[1]; i++) {
        char byte = ((const char *)r[0])[i];
        line[size++] = byte >= ' ' && byte <= '~' ? byte : '.';
    }
    line[size++] = '\r', line[size++] = '\n';
    serial_put_line(line, size);
    return 0;
}

static int32_t call_work(struct task *task, const uint32_t *r) {
    task->work += r[0];
    return 0;
}

static int32_t call_bad(struct task *task, const uint32_t *r) {
    (void)r;
    task->bad++;
    return 0;
}

static int32_t call_request(struct task *task, const uint32_t *r) {
    (void)r;
    uint32_t request = task->request;
    task->request = REQUEST_NONE;
    return (int32_t)request;
}

static int32_t call_handle(struct task *task, const uint32_t *r) {
    if (!task->space.asid || (r[1] != GPIO_NONE && !is_user(r[2], 4))) return ERROR_ARGUMENT;
    return handler_register(task, r[0], r[1], r[2]);
}

static int32_t call_gpio_get(struct task *task, const uint32_t *r) {
    (void)task;
    return gpio_get(r[0]);
}

static int32_t call_gpio_set(struct task *task, const uint32_t *r) {
    (void)task;
    return gpio_set(r[0], r[1]);
}

static int32_t call_gpio_toggle(struct task *task, const uint32_t *r) {
    (void)task;
    return gpio_toggle(r[0]);
}

static int32_t call_expander_read(struct task *task, const uint32_t *r) {
    (void)task;
    return expander_read(r[0]);
}

static int32_t call_expander_write(struct task *task, const uint32_t *r) {
    (void)task;
    return expander_write(r[0], r[1]);
}

static int32_t call_eeprom_read(struct task *task, const uint32_t *r) {
    (void)task;
    if (!is_user(r[1], r[2])) return ERROR_ARGUMENT;
    return eeprom_read(r[0], (uint8_t *)r[1], r[2]);
}

static int32_t call_followed(struct task *task, const uint32_t *r) {
    expander_followed = (struct follower){task->name, expander_followed.count + 1, r[0]};
    return 0;
}

static int32_t (*const calls[CALL_COUNT])(struct task *, const uint32_t *) = {
    [CALL_SLEEP] = call_sleep,
    [CALL_YIELD] = call_yield,
    [CALL_PRINT] = call_print,
    [CALL_WORK] = call_work,
    [CALL_BAD] = call_bad,
    [CALL_REQUEST] = call_request,
    [CALL_HANDLE] = call_handle,
    [CALL_GPIO_GET] = call_gpio_get,
    [CALL_GPIO_SET] = call_gpio_set,
    [CALL_GPIO_TOGGLE] = call_gpio_toggle,
    [CALL_EXPANDER_READ] = call_expander_read,
    [CALL_EXPANDER_WRITE] = call_expander_write,
    [CALL_EEPROM_READ] = call_eeprom_read,
    [CALL_FOLLOWED] = call_followed,
};

/* vectors.S. */
struct frame *call_dispatch(struct frame *frame) {
    uint32_t number = frame->r[7];
    struct task *task = handler_task ? handler_task : current;
    int32_t result = ERROR_ARGUMENT;
    if (number < CALL_COUNT) result = calls[number](task, frame->r);
    frame->r[0] = (uint32_t)result;
    return tasks_leave(frame);
}
