#include "lease.h"
#include <avr/eeprom.h>

// A number and its complement, so that one that was cut short by a loss of power is seen. The places take turns: the newest
// number is never written over, and the EEPROM lasts for 16 times 100,000 leases. [ATmega328P 8.1]
#define PLACES 16
typedef struct {
  uint32_t number;
  uint32_t complement;
} place;

static place EEMEM places[PLACES];
static uint32_t newest;
static uint8_t newest_place;
static bool is_held;

static bool read_place(uint8_t i, uint32_t *number) {
  place kept;
  eeprom_read_block(&kept, &places[i], sizeof kept);
  *number = kept.number;
  return kept.number == ~kept.complement && kept.number <= LAST_LEASE;
}

void lease_init(void) {
  uint32_t number;
  newest = 0;
  newest_place = 0;
  is_held = false;
  for (uint8_t i = 0; i < PLACES; i++)
    if (read_place(i, &number) && number > newest) {
      newest = number;
      newest_place = i;
    }
}

uint32_t lease_number(void) { return newest; }

bool lease_is_held(void) { return is_held; }

bool lease_begin(void) {
  uint32_t kept;
  if (newest == LAST_LEASE) return false;
  uint8_t i = (newest_place + 1) % PLACES;
  place next = {newest + 1, ~(newest + 1)};
  eeprom_update_block(&next, &places[i], sizeof next);
  if (!read_place(i, &kept) || kept != next.number) return false;
  newest = kept;
  newest_place = i;
  is_held = true;
  return true;
}

void lease_end(void) { is_held = false; }
