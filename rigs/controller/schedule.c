#include "schedule.h"
#include "ticks.h"
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

// From a match to the pin: the way through the interrupt is nearly always the same.
#define PULSE_END_TICKS 136
#define CUT_TICKS 146

static volatile bool pulse_runs;
static line pulse_line;
static uint32_t pulse_ends;

static volatile arm_state armed;
static uint16_t falls_left;
static uint32_t armed_delay, armed_width, armed_at;
static line armed_line;

void schedule_init(void) {
  pulse_runs = false;
  armed = ARM_IDLE;
}

// The compare unit sees 16 bits and matches every 4.096 ms: the match that counts is the one at or after the moment.
static bool is_due(uint32_t moment, uint16_t match) { return (int32_t)(ticks_of(match) - moment) >= 0; }

static void await_pulse_end(void) {
  OCR1B = (uint16_t)pulse_ends;
  TIFR1 = _BV(OCF1B);
  TIMSK1 |= _BV(OCIE1B);
}

static void await_armed(void) {
  OCR1A = (uint16_t)armed_at;
  TIFR1 = _BV(OCF1A);
  TIMSK1 |= _BV(OCIE1A);
}

bool schedule_pulse(line which, uint32_t us) {
  bool is_free = false;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    if (!pulse_runs && armed != ARM_RUNNING) {
      is_free = pulse_runs = true;
      pulse_line = which;
      pulse_begin(which);
      pulse_ends = ticks_of(TCNT1) + us * TICKS_PER_US - PULSE_END_TICKS;
      await_pulse_end();
    }
  }
  return is_free;
}

bool schedule_arm(uint16_t cs_falls, uint32_t delay_us, line which, uint32_t ms) {
  bool is_free = false;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    if (armed != ARM_RUNNING) {
      is_free = true;
      TIMSK1 &= ~_BV(OCIE1A);
      falls_left = cs_falls;
      armed_delay = delay_us * TICKS_PER_US;
      armed_width = ms * TICKS_PER_MS;
      armed_line = which;
      armed = ARM_WAITING;
    }
  }
  return is_free;
}

void schedule_disarm(void) {
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    if (armed != ARM_RUNNING) {
      TIMSK1 &= ~_BV(OCIE1A);
      armed = ARM_IDLE;
    }
  }
}

void schedule_stop(void) {
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    TIMSK1 &= ~(_BV(OCIE1A) | _BV(OCIE1B));
    pulse_runs = false;
    armed = ARM_IDLE;
  }
}

arm_state schedule_state(void) { return armed; }

void schedule_cs_fell(uint32_t at) {
  if (armed != ARM_WAITING || --falls_left > 0) return;
  armed = ARM_COUNTED;
  armed_at = at + armed_delay - CUT_TICKS;
  await_armed();
}

ISR(TIMER1_COMPB_vect) {
  if (!is_due(pulse_ends, OCR1B)) return;
  TIMSK1 &= ~_BV(OCIE1B);
  pulse_end(pulse_line);
  pulse_runs = false;
}

ISR(TIMER1_COMPA_vect) {
  if (!is_due(armed_at, OCR1A)) return;
  if (armed == ARM_COUNTED) {
    // One pulse at a time: what runs already keeps its line.
    if (pulse_runs) {
      armed = ARM_IDLE;
      TIMSK1 &= ~_BV(OCIE1A);
      return;
    }
    pulse_begin(armed_line);
    armed = ARM_RUNNING;
    armed_at += armed_width;
    OCR1A = (uint16_t)armed_at;
    return;
  }
  TIMSK1 &= ~_BV(OCIE1A);
  pulse_end(armed_line);
  armed = ARM_DONE;
}
