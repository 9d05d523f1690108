// Loaded before a process: /dev/spidev7.0 is a chip that a test can do without hardware. It says ready in the wait byte
// of number SHIM_WAITS, answers every read with the bytes e0 1a 28 00 and so on from 4, and writes what the wires saw to
// the file SHIM_LOG: v and ^ for the edges of CS, two hexadecimal digits for each byte sent, _ and the pause in us.
// Message number SHIM_FAIL_AT fails with EIO; every open fails with error SHIM_OPEN_ERRNO.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/spi/spidev.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEVICE "/dev/spidev7.0"

static int chip_fd = -1;
static int is_selected;
static unsigned frame_at;
static int messages;
static FILE *wires;

static long setting(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text ? atol(text) : otherwise;
}

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

static void note(const char *format, unsigned value) {
  if (!wires) wires = fopen(getenv("SHIM_LOG"), "a");
  if (!wires) abort();
  fprintf(wires, format, value);
  fflush(wires);
}

static void select_chip(int asserted) {
  if (asserted == is_selected) return;
  is_selected = asserted;
  frame_at = 0;
  note(asserted ? "v" : "^\n", 0);
}

static uint8_t answer(void) {
  static const uint8_t did_vid[] = {0xe0, 0x1a, 0x28, 0x00};
  unsigned ready = 3 + (unsigned)setting("SHIM_WAITS", 1), at = frame_at++;
  if (at < ready) return 0;
  if (at == ready) return 1;
  at -= ready + 1;
  return at < sizeof did_vid ? did_vid[at] : (uint8_t)at;
}

static int run_message(const struct spi_ioc_transfer *transfers, unsigned count) {
  int total = 0;
  if (messages++ == setting("SHIM_FAIL_AT", -1)) {
    select_chip(0);
    errno = EIO;
    return -1;
  }
  for (unsigned i = 0; i < count; i++) {
    const struct spi_ioc_transfer *t = &transfers[i];
    const uint8_t *sent = (const uint8_t *)(uintptr_t)t->tx_buf;
    uint8_t *received = (uint8_t *)(uintptr_t)t->rx_buf;
    select_chip(1);
    for (unsigned at = 0; at < t->len; at++) {
      uint8_t byte = answer();
      note(" %02x", sent ? sent[at] : 0);
      if (received) received[at] = byte;
    }
    if (t->delay_usecs) note(" _%u", t->delay_usecs);
    total += (int)t->len;
    // On the last transfer cs_change keeps CS asserted, on any other it releases CS before the next.
    if (i + 1 == count ? !t->cs_change : t->cs_change) select_chip(0);
  }
  return total;
}

static int open_chip(void) {
  int refusal = (int)setting("SHIM_OPEN_ERRNO", 0);
  if (refusal) {
    errno = refusal;
    return -1;
  }
  // As spi_setup does: CS is released by every open.
  select_chip(0);
  return chip_fd = ((int (*)(const char *, int, ...))next("open64"))("/dev/null", O_RDWR);
}

static int open_any(const char *name, const char *path, int flags, va_list more) {
  if (!strcmp(path, DEVICE)) return open_chip();
  return ((int (*)(const char *, int, ...))next(name))(path, flags, va_arg(more, int));
}

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  int fd = open_any("open", path, flags, more);
  va_end(more);
  return fd;
}

int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  int fd = open_any("open64", path, flags, more);
  va_end(more);
  return fd;
}

int access(const char *path, int mode) {
  if (!strcmp(path, DEVICE)) return 0;
  return ((int (*)(const char *, int))next("access"))(path, mode);
}

int ioctl(int fd, unsigned long request, ...) {
  va_list more;
  va_start(more, request);
  void *argument = va_arg(more, void *);
  va_end(more);
  if (fd < 0 || fd != chip_fd) return ((int (*)(int, unsigned long, ...))next("ioctl"))(fd, request, argument);
  if (_IOC_TYPE(request) != SPI_IOC_MAGIC) {
    errno = ENOTTY;
    return -1;
  }
  // Mode, word size and clock are taken as they come; what is read back is mode 0.
  if (_IOC_NR(request) != 0) {
    if (_IOC_DIR(request) == _IOC_READ) memset(argument, 0, _IOC_SIZE(request));
    return 0;
  }
  return run_message(argument, _IOC_SIZE(request) / sizeof(struct spi_ioc_transfer));
}

int close(int fd) {
  if (fd >= 0 && fd == chip_fd) chip_fd = -1;
  return ((int (*)(int))next("close"))(fd);
}
