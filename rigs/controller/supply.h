// The current that the board draws.
#ifndef SUPPLY_H
#define SUPPLY_H
#include <stdint.h>

void supply_init(void);
// In uA; 100 mV at the sense input for each 10 mA.
uint32_t supply_current(void);

#endif
