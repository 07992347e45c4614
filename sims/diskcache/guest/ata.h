/*
 * The driver: PCI IDE (PIIX3), two channels with a master and a slave each, one request in flight
 * on each channel, bus-master DMA, an end by interrupt, and a time-out after which the channel is
 * reset and the request has failed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hal.h"

struct ata_drive {
    /* 0: it is not there. */
    uint64_t sectors;
    char model[41];
};

struct ata_statistics {
    uint64_t interrupts, spurious, errors, timeouts, resets;
};

enum request_status { REQUEST_PENDING, REQUEST_OVER };

/* A request as the cache gave it, for `requests`. */
struct ata_request {
    uint32_t number;
    uint8_t drive, kind, status;
    int error;
    uint64_t lba;
};

/* The last ones are kept. */
#define ATA_REQUESTS 256

extern struct ata_drive ata_drives[DRIVES];
extern struct ata_statistics ata_statistics;
/* Of a request, in ticks. */
extern uint32_t ata_timeout;

/* Boot, interrupts off: finds the controller and the drives. */
void ata_init(void);

/* Lock held. */
bool ata_is_idle(int channel);
void ata_submit(int drive, enum io_kind kind, uint64_t lba, void *block);

/* IRQ 0: looks for requests that take too long. */
void ata_tick(void);

/* Lock held: request `number`, from 1; NULL when it is forgotten or not yet. */
const struct ata_request *ata_request(uint32_t number);
uint32_t ata_last_request(void);
