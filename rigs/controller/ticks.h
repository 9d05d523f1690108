// Time since power-on in ticks of 62.5 ns, 32 bits: it wraps after 268 s.
#ifndef TICKS_H
#define TICKS_H
#include <stdint.h>

#define TICKS_PER_US 16UL
#define TICKS_PER_MS 16000UL

void ticks_init(void);
// From the main program.
uint32_t ticks_now(void);
// Of a reading of the counter that was taken less than 2 ms ago; with interrupts off.
uint32_t ticks_of(uint16_t counter);
// Turns of the counter since power-on, 4.096 ms each, for limits of seconds.
uint32_t ticks_turns(void);
#define TURNS_OF_MS(ms) ((ms) * 125 / 512)

#endif
