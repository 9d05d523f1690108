// A chip with the FIFO interface of a TPM behind SPI, fast enough to be left out of a measurement: bytes in, bytes out, no
// time of its own. It stalls every frame for the same number of bytes and knows the commands that the bench sends.
#ifndef CHIP_H
#define CHIP_H
#include <stddef.h>
#include <stdint.h>

struct chip_counts {
  uint64_t frames;   // CS assertions with clocks
  uint64_t commands; // executed
  uint64_t faults;   // things that a right driver never does
};

extern struct chip_counts chip_counts;

// Wait bytes of every frame, and the most bytes of one burst.
void chip_start(unsigned wait_bytes, unsigned burst);
// Returns whether a frame with clocks has ended, which a ready pulse answers.
int chip_select(int is_asserted);
void chip_transfer(const uint8_t *sent, uint8_t *received, size_t size);
#endif
