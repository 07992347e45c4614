/* `configure`: what the cache and its driver are made of, by name. */
#include <stddef.h>

#include "ata.h"
#include "cache.h"
#include "command_parts.h"
#include "history.h"
#include "text.h"
#include "threads.h"

/* Whether the cache may be emptied: nobody is in it and nothing would be lost. */
static int check_quiet(void) {
    int pending = 0;
    hal_lock();
    int living = threads_living();
    for (int i = 0; i < cache_list()->length; i++) {
        pending += (cache_list()->at(i)->flags & ~(unsigned)BLOCK_VALID) != 0;
    }
    hal_unlock();
    if (!living && !pending) return STATUS_GOOD;
    wrong("%d threads live and %d entries are pending: finish them and sync first", living,
          pending);
    return STATUS_BUSY;
}

/* The number after `name=`, when the word begins so. */
static bool take_setting(const char *word, const char *name, uint64_t most, uint64_t *value) {
    while (*name && *word == *name) word++, name++;
    return !*name && *word == '=' && parse_number(word + 1, 10, most, value) && *value;
}

static const struct {
    const char *name;
    int most;
    const struct block_list *(*make)(int limit);
} lists[] = {{"array", ENTRIES_MAX, fixed_array}, {"tree", TREE_ENTRIES_MAX, tree}};

static const struct io_scheduler *const schedulers[] = {&first_pending, &look, &deadline};

/* What the cache and its driver are made of. */
struct settings {
    uint64_t entries, timeout, deadline;
    /* Place in `lists`. */
    size_t list;
    const struct io_scheduler *scheduler;
};

static struct settings present_settings(void) {
    struct settings settings = {
        .entries = (uint64_t)cache_list()->limit,
        .timeout = ata_timeout,
        .deadline = write_deadline,
        .scheduler = cache_scheduler(),
    };
    while (!text_equal(lists[settings.list].name, cache_list()->name)) settings.list++;
    return settings;
}

/* `list=NAME` or `scheduler=NAME`. */
static bool take_name(const char *word, struct settings *settings) {
    char said[32];
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        format(said, sizeof said, "list=%s", lists[i].name);
        if (!text_equal(word, said)) continue;
        settings->list = i;
        return true;
    }
    for (size_t i = 0; i < sizeof schedulers / sizeof *schedulers; i++) {
        format(said, sizeof said, "scheduler=%s", schedulers[i]->name);
        if (!text_equal(word, said)) continue;
        settings->scheduler = schedulers[i];
        return true;
    }
    return false;
}

static int take_settings(char *rest, struct settings *settings) {
    const char *form = "the command wants entries=N, timeout_ms=N, write_deadline_ms=N, "
                       "list=array|tree or scheduler=first-pending|look|deadline";
    if (!*rest) return wrong("%s", form);
    for (char *word = next_word(&rest); word; word = next_word(&rest)) {
        if (take_setting(word, "entries", TREE_ENTRIES_MAX, &settings->entries)) continue;
        if (take_setting(word, "timeout_ms", UINT32_MAX / 2, &settings->timeout)) continue;
        if (take_setting(word, "write_deadline_ms", UINT32_MAX, &settings->deadline)) continue;
        if (!take_name(word, settings)) return wrong("%s, not %s", form, word);
    }
    uint64_t most = (uint64_t)lists[settings->list].most;
    if (settings->entries <= most) return STATUS_GOOD;
    return wrong("the %s holds 1 to %lu entries", lists[settings->list].name, most);
}

int command_configure(char *rest) {
    struct settings settings = present_settings();
    int status = take_settings(rest, &settings);
    if (!status) status = check_quiet();
    if (status) return status;
    hal_lock();
    const struct block_list *list = lists[settings.list].make((int)settings.entries);
    if (list) {
        ata_timeout = (uint32_t)settings.timeout;
        ata_statistics = (struct ata_statistics){0};
        write_deadline = (uint32_t)settings.deadline;
        cache_init(list, settings.scheduler);
    }
    hal_unlock();
    if (!list) return wrong("there is no memory for a %s", lists[settings.list].name);
    history_forget();
    return STATUS_GOOD;
}
