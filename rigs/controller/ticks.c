#include "ticks.h"
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

static volatile uint16_t wraps;
static volatile uint32_t turns;

void ticks_init(void) {
  TCCR1A = 0;
  TCCR1B = _BV(CS10);
  TIMSK1 = _BV(TOIE1);
}

ISR(TIMER1_OVF_vect) {
  wraps++;
  turns++;
}

uint32_t ticks_of(uint16_t counter) {
  uint16_t high = wraps;
  // The counter wrapped before this reading, and its interrupt still waits.
  if ((TIFR1 & _BV(TOV1)) && counter < 0x8000) high++;
  return (uint32_t)high << 16 | counter;
}

uint32_t ticks_now(void) {
  uint32_t now;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { now = ticks_of(TCNT1); }
  return now;
}

uint32_t ticks_turns(void) {
  uint32_t count;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { count = turns; }
  return count;
}
