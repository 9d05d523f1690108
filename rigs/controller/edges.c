#include "edges.h"
#include "pins.h"
#include "schedule.h"
#include "ticks.h"
#include <avr/interrupt.h>
#include <util/atomic.h>

#define LOG_SIZE 64

// From an edge of CS_L to the stamp: the way into the interrupt is always the same.
#define CS_STAMP_TICKS 50

static edge log_entries[LOG_SIZE];
static volatile uint8_t log_head, log_tail;
static volatile uint16_t lost;
static volatile pulse_widths int_pulses, cs_pulses;
static uint32_t int_fall, cs_fall;

static void note(edge_kind kind, uint32_t at) {
  uint8_t next = (log_head + 1) % LOG_SIZE;
  // The newest are kept: they are what a failure is looked for in.
  if (next == log_tail) {
    if (lost != UINT16_MAX) lost++;
    log_tail = (log_tail + 1) % LOG_SIZE;
  }
  log_entries[log_head].at = at;
  log_entries[log_head].kind = kind;
  log_head = next;
}

static void measure(volatile pulse_widths *pulses, uint32_t width) {
  pulses->last = width;
  if (width < pulses->least) pulses->least = width;
  if (width > pulses->most) pulses->most = width;
}

static void forget(volatile pulse_widths *pulses) {
  pulses->count = pulses->last = pulses->most = 0;
  pulses->least = UINT32_MAX;
  pulses->unmeasured = 0;
}

void edges_init(void) {
  DDRB &= ~_BV(PIN_INT_AP);
  DDRD &= ~_BV(PIN_CS);
  edges_clear();
  // A falling edge first: idle is high on both lines.
  TCCR1B &= ~_BV(ICES1);
  TIFR1 = _BV(ICF1);
  TIMSK1 |= _BV(ICIE1);
  EICRA = _BV(ISC00);
  EIFR = _BV(INTF0);
  EIMSK = _BV(INT0);
}

void edges_clear(void) {
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    log_head = log_tail = 0;
    lost = 0;
    forget(&int_pulses);
    forget(&cs_pulses);
  }
}

void __vector_captured(void) __attribute__((signal, used));

// A pulse can be as short as 4 us: before anything else the unit is turned to the other edge. The moment of this one goes
// through two registers that nothing else uses. Turning may set the flag, so it is cleared.
ISR(TIMER1_CAPT_vect, ISR_NAKED) {
  __asm__ volatile("push r24\n in r24, __SREG__\n push r24\n push r25\n"
                   "lds r24, %[icrl]\n out %[low], r24\n lds r24, %[icrh]\n out %[high], r24\n"
                   "lds r24, %[tccrb]\n ldi r25, %[ices]\n eor r24, r25\n sts %[tccrb], r24\n"
                   "ldi r24, %[icf]\n out %[tifr], r24\n"
                   "pop r25\n pop r24\n out __SREG__, r24\n pop r24\n"
                   "jmp __vector_captured\n" ::[icrl] "n"(_SFR_MEM_ADDR(ICR1L)),
                   [icrh] "n"(_SFR_MEM_ADDR(ICR1H)), [low] "I"(_SFR_IO_ADDR(GPIOR1)),
                   [high] "I"(_SFR_IO_ADDR(GPIOR2)), [tccrb] "n"(_SFR_MEM_ADDR(TCCR1B)),
                   [ices] "M"(_BV(ICES1)), [icf] "M"(_BV(ICF1)), [tifr] "I"(_SFR_IO_ADDR(TIFR1)));
}

// An edge that came before the unit was turned is seen by the level.
void __vector_captured(void) {
  bool is_fall = TCCR1B & _BV(ICES1);
  uint16_t counter = (uint16_t)GPIOR2 << 8 | GPIOR1;
  bool is_high = PINB & _BV(PIN_INT_AP);
  uint32_t at = ticks_of(counter);
  if (is_fall) {
    int_pulses.count++;
    int_fall = at;
    note(EDGE_INT_ASSERTED, at);
    if (is_high && !(TIFR1 & _BV(ICF1))) {
      TCCR1B &= ~_BV(ICES1);
      if (int_pulses.unmeasured != UINT16_MAX) int_pulses.unmeasured++;
    }
  } else {
    measure(&int_pulses, at - int_fall);
    note(EDGE_INT_DEASSERTED, at);
    if (!is_high && !(TIFR1 & _BV(ICF1))) {
      TCCR1B |= _BV(ICES1);
      int_pulses.count++;
      int_fall = at;
      note(EDGE_INT_ASSERTED, at);
    }
  }
}

ISR(INT0_vect) {
  uint16_t counter = TCNT1;
  bool is_high = PIND & _BV(PIN_CS);
  uint32_t at = ticks_of(counter) - CS_STAMP_TICKS;
  if (!is_high) {
    cs_pulses.count++;
    cs_fall = at;
    note(EDGE_CS_ASSERTED, at);
    schedule_cs_fell(at);
  } else {
    measure(&cs_pulses, at - cs_fall);
    note(EDGE_CS_DEASSERTED, at);
  }
}

bool edges_take(edge *taken) {
  bool is_there = false;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    if (log_head != log_tail) {
      *taken = log_entries[log_tail];
      log_tail = (log_tail + 1) % LOG_SIZE;
      is_there = true;
    }
  }
  return is_there;
}

uint16_t edges_lost(void) {
  uint16_t count;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { count = lost; }
  return count;
}

static pulse_widths copy(volatile pulse_widths *pulses) {
  pulse_widths result;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { result = *pulses; }
  return result;
}

pulse_widths int_widths(void) { return copy(&int_pulses); }
pulse_widths cs_widths(void) { return copy(&cs_pulses); }
bool int_is_asserted(void) { return !(PINB & _BV(PIN_INT_AP)); }
bool cs_is_asserted(void) { return !(PIND & _BV(PIN_CS)); }
