#include "idle.h"
#include <avr/interrupt.h>
#include <avr/sleep.h>

void idle_unless(bool (*is_due)(void)) {
  set_sleep_mode(SLEEP_MODE_IDLE);
  cli();
  if (!is_due()) {
    sleep_enable();
    // The instruction after SEI runs before any interrupt. [ATmega328P 7.7]
    sei();
    sleep_cpu();
    sleep_disable();
  }
  sei();
}
