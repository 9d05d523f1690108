// Sleep until the next interrupt: the timers, the serial line and the edges run on.
#ifndef IDLE_H
#define IDLE_H
#include <stdbool.h>

// Sleeps unless `is_due` says, with interrupts off, that there is something to do; an interrupt in between ends the sleep
// at once.
void idle_unless(bool (*is_due)(void));

#endif
