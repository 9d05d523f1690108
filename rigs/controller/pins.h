// Which pin is which; docs/rig-controller.md has the wiring.
#ifndef PINS_H
#define PINS_H
#include <avr/io.h>

// Port B
#define PIN_INT_AP PB0  // D8, input capture: INT_AP_L as the chip drives it
#define PIN_RESET PB1   // D9: TPM_RST_L, open drain
#define PIN_LED PB5     // D13: lit while the board has power

// Port D
#define PIN_CS PD2      // D2, external interrupt 0: CS_L as the chip sees it
#define PIN_CS_MUX0 PD3 // D3, D4: where the chip's CS_L comes from
#define PIN_CS_MUX1 PD4
#define PIN_INT_MUX0 PD5 // D5, D6: where the host's interrupt input comes from
#define PIN_INT_MUX1 PD6
#define PIN_POWER PD7    // D7: the load switch of the board's supply

// Port C
#define ADC_SUPPLY 5     // A5: current sense amplifier

#endif
