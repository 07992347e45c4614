/*
 * The list that grows with memory: a balanced tree (AVL) of blocks for each drive, in which each
 * node knows what there is below it. So the next pending block, the oldest idle entry and the oldest
 * write are found on one way down, and a change of an entry is told on one way up.
 */
#include <stddef.h>

#include "block_list.h"
#include "mutations.h"

#define PAGE_NODES ((int)(HAL_PAGE_SIZE / sizeof(struct node)))
#define PAGE_BLOCKS (HAL_PAGE_SIZE / BLOCK_SIZE)
#define PAGES_MAX (TREE_ENTRIES_MAX / 16)

struct node {
    /* First, so that an entry's address is its node's. */
    struct entry entry;
    /* `left` is also the next one of the free list. */
    struct node *left, *right;
    int height;
    /* Of the node and all below it: ways in which some are pending, and the oldest, or NULL. */
    unsigned pending;
    struct entry *idle, *write;
};

_Static_assert(sizeof(struct node) <= HAL_PAGE_SIZE / 16, "PAGES_MAX is too small");

/* Memory that was given once; the tree of another limit uses it again. */
static struct node *pages[PAGES_MAX];
static int nodes;
static uint8_t *blocks;

static struct block_list list;
static struct node *roots[DRIVES];
static struct node *free_nodes;

static struct node *node_of(struct entry *entry) {
    return (struct node *)entry;
}

static struct node *node_at(int i) {
    return &pages[i / PAGE_NODES][i % PAGE_NODES];
}

static struct entry *at(int i) {
    return &node_at(i)->entry;
}

/* Memory for one more node; false when there is none. */
static bool grow(void) {
    int page = nodes / PAGE_NODES;
    if (!pages[page]) pages[page] = hal_page();
    if (!pages[page]) return false;
    if (nodes % PAGE_BLOCKS == 0) {
        uint8_t *more = hal_page();
        if (!more) return false;
        blocks = more;
    }
    node_at(nodes)->entry.block = (uint32_t *)(blocks + nodes % PAGE_BLOCKS * BLOCK_SIZE);
    nodes++;
    return true;
}

/* One that was never used, or NULL. */
static struct node *take_new(void) {
    if (list.length == list.limit || (list.length == nodes && !grow())) return NULL;
    return node_at(list.length++);
}

static int height(const struct node *node) {
    return node ? node->height : 0;
}

static struct entry *older_idle(struct entry *a, struct entry *b) {
    if (!a || !b) return a ? a : b;
    if (MUTATED(TREE_PURGES_NEWEST)) return a->access > b->access ? a : b;
    return a->access < b->access ? a : b;
}

static struct entry *older_write(struct entry *a, struct entry *b) {
    if (!a || !b) return a ? a : b;
    if (MUTATED(DEADLINE_TAKES_NEWEST)) return a->filling > b->filling ? a : b;
    return a->filling < b->filling ? a : b;
}

static void summarize(struct node *node) {
    struct entry *entry = &node->entry;
    const struct node *left = node->left, *right = node->right;
    node->height = 1 + (height(left) > height(right) ? height(left) : height(right));
    node->pending = (left ? left->pending : 0) | (right ? right->pending : 0);
    if (entry_is_pending(entry, READ_PENDING)) node->pending |= READ_PENDING;
    if (entry_is_pending(entry, WRITE_PENDING)) node->pending |= WRITE_PENDING;
    struct entry *idle = entry_is_idle(entry) ? entry : NULL;
    struct entry *write = entry_is_pending(entry, WRITE_PENDING) ? entry : NULL;
    idle = older_idle(idle, left ? left->idle : NULL);
    write = older_write(write, left ? left->write : NULL);
    node->idle = older_idle(idle, right ? right->idle : NULL);
    node->write = older_write(write, right ? right->write : NULL);
}

static struct node *rotate_right(struct node *node) {
    struct node *top = node->left;
    node->left = MUTATED(TREE_LOSES_A_NODE) ? NULL : top->right;
    top->right = node;
    summarize(node);
    summarize(top);
    return top;
}

static struct node *rotate_left(struct node *node) {
    struct node *top = node->right;
    node->right = top->left;
    top->left = node;
    summarize(node);
    summarize(top);
    return top;
}

/* The subtree with heights of its children that differ by one at most; gives its new top. */
static struct node *balance(struct node *node) {
    struct node *left = node->left, *right = node->right;
    if (height(left) > height(right) + 1) {
        if (height(left->right) > height(left->left)) node->left = rotate_left(left);
        return rotate_right(node);
    }
    if (height(right) > height(left) + 1) {
        if (height(right->left) > height(right->right)) node->right = rotate_right(right);
        return rotate_left(node);
    }
    summarize(node);
    return node;
}

static struct node *insert(struct node *top, struct node *node) {
    if (!top) {
        node->left = node->right = NULL;
        summarize(node);
        return node;
    }
    if (node->entry.lba < top->entry.lba) top->left = insert(top->left, node);
    else top->right = insert(top->right, node);
    return balance(top);
}

static struct node *remove_first(struct node *top, struct node **first) {
    if (!top->left) {
        *first = top;
        return top->right;
    }
    top->left = remove_first(top->left, first);
    return balance(top);
}

static struct node *take_out(struct node *top, uint64_t lba) {
    if (lba < top->entry.lba) {
        top->left = take_out(top->left, lba);
    } else if (lba > top->entry.lba) {
        top->right = take_out(top->right, lba);
    } else {
        if (!top->left || !top->right) return top->left ? top->left : top->right;
        struct node *heir;
        struct node *right = remove_first(top->right, &heir);
        heir->left = top->left;
        heir->right = right;
        top = heir;
    }
    return balance(top);
}

static struct node *find_node(int drive, uint64_t lba) {
    struct node *node = roots[drive];
    while (node && node->entry.lba != lba) node = lba < node->entry.lba ? node->left : node->right;
    return node;
}

static struct entry *find(int drive, uint64_t lba) {
    return (struct entry *)find_node(drive, lba);
}

/* The nodes from the top to the block, from below. */
static void summarize_to(struct node *top, uint64_t lba) {
    if (lba < top->entry.lba) summarize_to(top->left, lba);
    else if (lba > top->entry.lba) summarize_to(top->right, lba);
    if (MUTATED(TREE_FORGETS_CHANGES) && top->entry.lba != lba) return;
    summarize(top);
}

static void free_unused(struct node *node) {
    if (node->entry.users) return;
    node->left = free_nodes;
    free_nodes = node;
}

/* Of an entry that was dropped, only the number of its users changes. */
static void changed(struct entry *entry) {
    if (entry->flags) summarize_to(roots[entry->drive], entry->lba);
    else free_unused(node_of(entry));
}

static void drop(struct entry *entry) {
    roots[entry->drive] = take_out(roots[entry->drive], entry->lba);
    entry->flags = 0;
    free_unused(node_of(entry));
}

static struct node *purge_oldest_idle(void) {
    struct entry *oldest = NULL;
    for (int drive = 0; drive < DRIVES; drive++) {
        if (roots[drive]) oldest = older_idle(oldest, roots[drive]->idle);
    }
    if (oldest) roots[oldest->drive] = take_out(roots[oldest->drive], oldest->lba);
    return (struct node *)oldest;
}

static struct entry *make(int drive, uint64_t lba, bool *purged) {
    struct node *node = free_nodes;
    *purged = false;
    if (node) free_nodes = node->left;
    else node = take_new();
    if (!node) {
        node = purge_oldest_idle();
        *purged = node;
    }
    if (!node) return NULL;
    uint32_t *block = node->entry.block;
    node->entry =
        (struct entry){.drive = drive, .lba = lba, .flags = BLOCK_VALID, .block = block};
    roots[drive] = insert(roots[drive], node);
    return &node->entry;
}

static struct entry *find_above(struct node *top, uint64_t lba, unsigned flag) {
    if (!top || !(top->pending & flag)) return NULL;
    if (top->entry.lba < lba) return find_above(top->right, lba, flag);
    if (MUTATED(TREE_PENDING_UNSORTED) && entry_is_pending(&top->entry, flag)) return &top->entry;
    struct entry *nearer = find_above(top->left, lba, flag);
    if (nearer) return nearer;
    if (entry_is_pending(&top->entry, flag)) return &top->entry;
    return find_above(top->right, lba, flag);
}

static struct entry *find_below(struct node *top, uint64_t lba, unsigned flag) {
    if (!top || !(top->pending & flag)) return NULL;
    if (top->entry.lba >= lba) return find_below(top->left, lba, flag);
    struct entry *nearer = find_below(top->right, lba, flag);
    if (nearer) return nearer;
    if (entry_is_pending(&top->entry, flag)) return &top->entry;
    return find_below(top->left, lba, flag);
}

static struct entry *above(int drive, uint64_t lba, unsigned flag) {
    return find_above(roots[drive], lba, flag);
}

static struct entry *below(int drive, uint64_t lba, unsigned flag) {
    return find_below(roots[drive], lba, flag);
}

/* The order of the list is that of the drives and their blocks. */
static struct entry *first(int channel, unsigned flag) {
    struct entry *entry = above(2 * channel, 0, flag);
    return entry ? entry : above(2 * channel + 1, 0, flag);
}

static struct entry *oldest_write(int channel) {
    const struct node *master = roots[2 * channel], *slave = roots[2 * channel + 1];
    return older_write(master ? master->write : NULL, slave ? slave->write : NULL);
}

const struct block_list *tree(int limit) {
    if (nodes == 0 && !grow()) return NULL;
    list = (struct block_list){
        .name = "tree",
        .limit = limit,
        .find = find,
        .make = make,
        .drop = drop,
        .changed = changed,
        .at = at,
        .first = first,
        .above = above,
        .below = below,
        .oldest_write = oldest_write,
    };
    free_nodes = NULL;
    for (int drive = 0; drive < DRIVES; drive++) roots[drive] = NULL;
    return &list;
}
