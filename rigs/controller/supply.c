#include "supply.h"
#include "pins.h"

// 5 V over 1024 steps, and 10 mV for each mA: 488 uA a step.
#define UA_PER_1000_STEPS 488281UL

void supply_init(void) {
  ADMUX = _BV(REFS0) | ADC_SUPPLY;
  ADCSRA = _BV(ADEN) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0);
}

uint32_t supply_current(void) {
  ADCSRA |= _BV(ADSC);
  while (ADCSRA & _BV(ADSC)) continue;
  return ADC * UA_PER_1000_STEPS / 1000;
}
