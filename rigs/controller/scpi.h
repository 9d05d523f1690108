// The command tree; docs/rig-controller.md is its page.
#ifndef SCPI_H
#define SCPI_H
#include <stdbool.h>
#include <stdint.h>

// Runs one line of commands that are separated by semicolons; answers go to the serial line, in one line.
// True when it came from the holder of the lease, or nobody holds one.
bool scpi_run(char *line);
void scpi_error(int16_t code);
// How long the host may be silent, in turns of the counter; 0 for ever.
uint32_t scpi_watchdog(void);
// Makes the board safe and ends the lease of a host that fell silent.
void scpi_host_lost(void);

#endif
