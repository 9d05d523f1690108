// Edges of INT_AP_L and CS_L: counted, measured and kept in a log with their times.
#ifndef EDGES_H
#define EDGES_H
#include <stdbool.h>
#include <stdint.h>

typedef enum { EDGE_INT_ASSERTED, EDGE_INT_DEASSERTED, EDGE_CS_ASSERTED, EDGE_CS_DEASSERTED } edge_kind;

typedef struct {
  uint32_t at;
  edge_kind kind;
} edge;

typedef struct {
  uint32_t count;
  // Pulses whose end came before the controller could look for it.
  uint16_t unmeasured;
  uint32_t last;
  uint32_t least;
  uint32_t most;
} pulse_widths;

void edges_init(void);
void edges_clear(void);
// False when the log is empty.
bool edges_take(edge *taken);
// Edges that made room for newer ones.
uint16_t edges_lost(void);
pulse_widths int_widths(void);
pulse_widths cs_widths(void);
// Whether a line is asserted now.
bool int_is_asserted(void);
bool cs_is_asserted(void);

#endif
