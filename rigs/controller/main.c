// The rig controller: owns the supply, TPM_RST_L and the switches of a bench, and stamps the edges of its lines.
#include "edges.h"
#include "idle.h"
#include "lease.h"
#include "outputs.h"
#include "schedule.h"
#include "scpi.h"
#include "supply.h"
#include "ticks.h"
#include "uart.h"
#include <avr/interrupt.h>
#include <stddef.h>

#define ERROR_OVERRUN (-363)
#define ERROR_SILENCE (-365)

int main(void) {
  outputs_init();
  ticks_init();
  schedule_init();
  edges_init();
  supply_init();
  lease_init();
  uart_init();
  sei();
  uint32_t heard = ticks_turns();
  for (;;) {
    char *line = uart_line();
    if (uart_overran()) scpi_error(ERROR_OVERRUN);
    if (line != NULL) {
      // Of a holder that went silent nobody else's line is a sign.
      if (scpi_run(line)) heard = ticks_turns();
    }
    if (scpi_watchdog() > 0 && ticks_turns() - heard > scpi_watchdog()) {
      scpi_host_lost();
      scpi_error(ERROR_SILENCE);
    }
    idle_unless(uart_has_input);
  }
}
