// Who may use the bench: leases with numbers that only grow, kept in the EEPROM. What is sent under an older number is refused.
#ifndef LEASE_H
#define LEASE_H
#include <stdbool.h>
#include <stdint.h>

#define LAST_LEASE 999999999UL

// The newest number that survived, and nobody holds it.
void lease_init(void);
// Of the newest lease, 0 before the first.
uint32_t lease_number(void);
bool lease_is_held(void);
// One more than the newest. It is in the EEPROM before this returns; false when it cannot be kept there, and nothing has changed.
bool lease_begin(void);
void lease_end(void);

#endif
