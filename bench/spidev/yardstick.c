// The yardstick: a driver in C that does nothing but the fewest calls and bytes for GetRandom(32) and Hash of 1024 bytes
// that are right for a chip that stalls. A read is one call, with the stall guessed and found in what came back; a write
// is two, so that no data are sent before the chip is ready. It neither waits for a ready pulse nor knows an error, and
// keeps no trace.
//   yardstick <rounds> <commands in a round>   prints one line of JSON a command: median ns of processor time of one command
#include <fcntl.h>
#include <linux/spi/spidev.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

enum { HEADER = 4, WAITS = 1, DATA_MAX = 64, ROUNDS_MAX = 64 };
enum { REG_ACCESS = 0x000, REG_STS = 0x018, REG_FIFO = 0x024 };
enum { READY = 0x40, GO = 0x20, AVAILABLE = 0x90, EXPECT = 0x08 };

static int spi;
static uint8_t sent[HEADER + WAITS + DATA_MAX], received[sizeof sent];

static void fail(const char *what) {
  fprintf(stderr, "yardstick: %s\n", what);
  exit(1);
}

static void message(const uint8_t *from, uint8_t *to, unsigned size, int keeps_cs) {
  struct spi_ioc_transfer transfer = {
      .tx_buf = (uintptr_t)from, .rx_buf = (uintptr_t)to, .len = size, .cs_change = (uint8_t)keeps_cs};
  if (ioctl(spi, SPI_IOC_MESSAGE(1), &transfer) < 0) fail("a message failed");
}

static void header(int is_read, unsigned reg, unsigned size) {
  sent[0] = (uint8_t)((is_read ? 0x80 : 0) | (size - 1));
  sent[1] = 0xd4;
  sent[2] = (uint8_t)(reg >> 8);
  sent[3] = (uint8_t)reg;
  memset(sent + HEADER, 0, WAITS);
}

static const uint8_t *read_register(unsigned reg, unsigned size) {
  unsigned at = HEADER;
  header(1, reg, size);
  memset(sent + HEADER + WAITS, 0, size);
  message(sent, received, HEADER + WAITS + size, 0);
  while (at < HEADER + WAITS && !(received[at] & 1)) at++;
  if (at == HEADER + WAITS) fail("the chip stalled for longer than it was to");
  return received + at + 1;
}

static void write_register(unsigned reg, const uint8_t *bytes, unsigned size) {
  header(0, reg, size);
  message(sent, received, HEADER + WAITS, 1);
  if (!(received[HEADER + WAITS - 1] & 1)) fail("the chip stalled for longer than it was to");
  message(bytes, NULL, size, 0);
}

// The burst count, once the bits of the status are as wanted.
static unsigned await_status(uint8_t bits) {
  for (;;) {
    const uint8_t *word = read_register(REG_STS, 4);
    if ((word[0] & bits) == bits) return word[1] | (unsigned)word[2] << 8;
  }
}

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

static void command(const uint8_t *bytes, unsigned size) {
  static const uint8_t ready = READY, go = GO;
  static uint8_t response[4096];
  unsigned burst, got = 0, size_of_response = 0;
  write_register(REG_STS, &ready, 1);
  burst = await_status(READY);
  for (unsigned at = 0; at < size;) {
    unsigned part = least(least(size - at, burst), DATA_MAX);
    write_register(REG_FIFO, bytes + at, part);
    at += part;
    if (at < size) burst = await_status(EXPECT);
  }
  write_register(REG_STS, &go, 1);
  do {
    burst = await_status(AVAILABLE);
    unsigned part = least(size_of_response ? least(size_of_response - got, burst) : burst, DATA_MAX);
    memcpy(response + got, read_register(REG_FIFO, part), part);
    got += part;
    size_of_response =
        (unsigned)response[2] << 24 | (unsigned)response[3] << 16 | (unsigned)response[4] << 8 | response[5];
  } while (got < size_of_response);
  write_register(REG_STS, &ready, 1);
  if (response[6] | response[7] | response[8] | response[9]) fail("a command failed");
}

// Time of the processor, so that what else the machine does counts for nobody.
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void measure(const char *name, const uint8_t *bytes, unsigned size, int rounds, int count) {
  double each[ROUNDS_MAX + 1];
  for (int round = 0; round <= rounds; round++) {
    double begun = now();
    for (int i = 0; i < count; i++) command(bytes, size);
    each[round] = (now() - begun) / count;
  }
  // The first round warms up.
  qsort(each + 1, (size_t)rounds, sizeof *each, by_size);
  printf("{\"name\":\"%s\",\"ns\":%.0f}\n", name, each[1 + rounds / 2]);
}

int main(int argc, char **argv) {
  static const uint8_t request = 0x02;
  static const uint8_t random[12] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 32};
  // TPM2_Hash of 1024 zeros with SHA-256, hierarchy null: 10 + 2 + 1024 + 2 + 4 bytes.
  static uint8_t hash[1042] = {0x80, 1, 0, 0, 0x04, 0x12, 0, 0, 0x01, 0x7d, 0x04, 0x00};
  if (argc != 3 || atoi(argv[1]) < 1 || atoi(argv[1]) > ROUNDS_MAX) fail("usage: yardstick <rounds> <commands>");
  memcpy(hash + 1036, (const uint8_t[]){0x00, 0x0b, 0x40, 0x00, 0x00, 0x07}, 6);
  spi = open("/dev/spidev0.0", O_RDWR);
  if (spi < 0) fail("/dev/spidev0.0 cannot be opened");
  write_register(REG_ACCESS, &request, 1);
  measure("GetRandom(32)", random, sizeof random, atoi(argv[1]), atoi(argv[2]));
  measure("Hash(1024)", hash, sizeof hash, atoi(argv[1]), atoi(argv[2]) / 4 + 1);
  return 0;
}
