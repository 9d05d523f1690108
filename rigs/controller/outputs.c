#include "outputs.h"
#include "pins.h"
#include <util/atomic.h>
#include <util/delay_basic.h>

#define CS_MASK (_BV(PIN_CS_MUX0) | _BV(PIN_CS_MUX1))
#define INT_MASK (_BV(PIN_INT_MUX0) | _BV(PIN_INT_MUX1))

static struct {
  bool power;
  bool reset;
  cs_source cs;
  int_source interrupt;
} before;

void outputs_init(void) {
  outputs_make_safe();
  DDRD |= CS_MASK | INT_MASK | _BV(PIN_POWER);
  DDRB |= _BV(PIN_LED);
}

void outputs_make_safe(void) {
  set_power(false);
  set_reset(true);
  set_cs(CS_AUTO);
  set_int(INT_PASS);
}

void set_power(bool on) {
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    if (on) {
      PORTD |= _BV(PIN_POWER);
      PORTB |= _BV(PIN_LED);
    } else {
      PORTD &= ~_BV(PIN_POWER);
      PORTB &= ~_BV(PIN_LED);
    }
  }
}

bool get_power(void) { return PORTD & _BV(PIN_POWER); }

// Open drain: low or let go, so that the board's own pull-up makes its own level.
void set_reset(bool asserted) {
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    PORTB &= ~_BV(PIN_RESET);
    if (asserted)
      DDRB |= _BV(PIN_RESET);
    else
      DDRB &= ~_BV(PIN_RESET);
  }
}

bool get_reset(void) { return DDRB & _BV(PIN_RESET); }

void set_cs(cs_source source) {
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { PORTD = (PORTD & ~CS_MASK) | (uint8_t)(source << PIN_CS_MUX0); }
}

cs_source get_cs(void) { return (PORTD & CS_MASK) >> PIN_CS_MUX0; }

void set_int(int_source source) {
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { PORTD = (PORTD & ~INT_MASK) | (uint8_t)(source << PIN_INT_MUX0); }
}

int_source get_int(void) { return (PORTD & INT_MASK) >> PIN_INT_MUX0; }

void pulse_begin(line which) {
  switch (which) {
  case LINE_POWER:
    before.power = get_power();
    set_power(false);
    break;
  case LINE_RESET:
    before.reset = get_reset();
    set_reset(true);
    break;
  case LINE_CS:
    before.cs = get_cs();
    set_cs(CS_ASSERTED);
    break;
  case LINE_INT:
    before.interrupt = get_int();
    set_int(INT_LOW);
    break;
  }
}

void pulse_end(line which) {
  switch (which) {
  case LINE_POWER:
    set_power(before.power);
    break;
  case LINE_RESET:
    set_reset(before.reset);
    break;
  case LINE_CS:
    set_cs(before.cs);
    break;
  case LINE_INT:
    set_int(before.interrupt);
    break;
  }
}

uint8_t outputs_test(void) {
  uint8_t wrong = 0, differs;
  _delay_loop_1(16);
  differs = (PIND ^ PORTD) & DDRD;
  if (differs & _BV(PIN_POWER)) wrong |= 1;
  // Let go, the line has the board's level, which this input may not take for high.
  if (get_reset() && (PINB & _BV(PIN_RESET))) wrong |= 2;
  if (differs & CS_MASK) wrong |= 4;
  if (differs & INT_MASK) wrong |= 8;
  return wrong;
}
