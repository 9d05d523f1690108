// What the controller drives: supply, TPM_RST_L, and the two switches in the lines CS_L and INT_AP_L.
#ifndef OUTPUTS_H
#define OUTPUTS_H
#include <stdbool.h>
#include <stdint.h>

typedef enum { CS_AUTO = 0, CS_DEASSERTED = 2, CS_ASSERTED = 3 } cs_source;
typedef enum { INT_PASS = 0, INT_OPEN = 1, INT_HIGH = 2, INT_LOW = 3 } int_source;
typedef enum { LINE_POWER, LINE_RESET, LINE_CS, LINE_INT } line;

// Safe: supply off, TPM_RST_L asserted, CS_L from the host, INT_AP_L passed.
void outputs_init(void);
void outputs_make_safe(void);

void set_power(bool on);
bool get_power(void);
void set_reset(bool asserted);
bool get_reset(void);
void set_cs(cs_source source);
cs_source get_cs(void);
void set_int(int_source source);
int_source get_int(void);

// A pulse, from any context: the supply is cut, TPM_RST_L, CS_L or the host's INT_AP_L asserted; and back to what it was
// before.
void pulse_begin(line which);
void pulse_end(line which);

// Bit 0 supply, 1 TPM_RST_L, 2 CS switch, 3 interrupt switch: set where a pin does not follow what drives it.
uint8_t outputs_test(void);

#endif
