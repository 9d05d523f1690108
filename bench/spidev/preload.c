// Loaded before a process: its /dev/spidev0.0 is the chip of chip.c, and line 0 of the GPIO chip whose device file
// BENCH_GPIOCHIP names is that chip's INT_AP_L. Reading /dev/bench-counts gives the counts as JSON.
//   BENCH_WAIT_BYTES  wait bytes of every frame, the ready byte included (1)
//   BENCH_BURST       burstCount (63, as Cr50)
//   BENCH_CALL_US     processor time that one call with a message takes beside its bytes (0)
//   BENCH_SCK_HZ      clock at which its bytes take such time (0: none)
#define _GNU_SOURCE
#include "chip.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/spi/spidev.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { FD_MAX = 4096 };
static enum { OTHER, SPIDEV, GPIOCHIP } kinds[FD_MAX];
static int edges_fd = -1; // where edges of INT_AP_L are written, once the line was asked for
static uint32_t edge_count;
static uint64_t calls, ns_inside;
static double call_ns, byte_ns;

static int (*next_open)(const char *, int, ...);
static int (*next_ioctl)(int, unsigned long, ...);
static int (*next_close)(int);

static double setting(const char *name, double otherwise) {
  const char *text = getenv(name);
  return text ? atof(text) : otherwise;
}

__attribute__((constructor)) static void start(void) {
  double sck = setting("BENCH_SCK_HZ", 0);
  next_open = dlsym(RTLD_NEXT, "open64");
  next_ioctl = dlsym(RTLD_NEXT, "ioctl");
  next_close = dlsym(RTLD_NEXT, "close");
  call_ns = setting("BENCH_CALL_US", 0) * 1e3;
  byte_ns = sck > 0 ? 8e9 / sck : 0;
  chip_start((unsigned)setting("BENCH_WAIT_BYTES", 1), (unsigned)setting("BENCH_BURST", 63));
}

static uint64_t now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// Time of this thread's processor, so that what else the machine does counts for nobody.
static uint64_t spent(void) { return now(CLOCK_THREAD_CPUTIME_ID); }

// The assertion of one ready pulse, as the kernel hands it out.
static void pulse(void) {
  struct gpio_v2_line_event edge = {.timestamp_ns = now(CLOCK_MONOTONIC), .id = GPIO_V2_LINE_EVENT_RISING_EDGE};
  if (edges_fd < 0) return;
  edge.seqno = edge.line_seqno = ++edge_count;
  if (write(edges_fd, &edge, sizeof edge) != sizeof edge) abort();
}

static int run_message(const struct spi_ioc_transfer *transfers, unsigned count) {
  uint64_t begun = spent();
  unsigned bytes = 0;
  int has_ended = 0;
  calls++;
  for (unsigned i = 0; i < count; i++) {
    const struct spi_ioc_transfer *t = &transfers[i];
    // On the last transfer cs_change keeps CS asserted, on any other it releases CS before the next.
    int keeps = i + 1 == count ? t->cs_change : !t->cs_change;
    chip_select(1);
    chip_transfer((const uint8_t *)(uintptr_t)t->tx_buf, (uint8_t *)(uintptr_t)t->rx_buf, t->len);
    bytes += t->len;
    if (!keeps) has_ended |= chip_select(0);
  }
  while (spent() < begun + (uint64_t)(call_ns + bytes * byte_ns))
    ;
  if (has_ended) pulse();
  ns_inside += spent() - begun;
  return (int)bytes;
}

static int spidev(unsigned long request, void *argument) {
  if (_IOC_TYPE(request) != SPI_IOC_MAGIC) {
    errno = ENOTTY;
    return -1;
  }
  if (_IOC_NR(request) == 0) return run_message(argument, _IOC_SIZE(request) / sizeof(struct spi_ioc_transfer));
  // Mode, word size and clock are taken as they come; what is read back is mode 0.
  if (_IOC_DIR(request) == _IOC_READ) memset(argument, 0, _IOC_SIZE(request));
  return 0;
}

static int gpiochip(unsigned long request, void *argument) {
  if (request == GPIO_GET_CHIPINFO_IOCTL) {
    struct gpiochip_info *info = argument;
    *info = (struct gpiochip_info){.name = "gpiochip0", .label = "bench", .lines = 1};
    return 0;
  }
  if (request == GPIO_V2_GET_LINE_IOCTL) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) return -1;
    edges_fd = ends[1];
    ((struct gpio_v2_line_request *)argument)->fd = ends[0];
    return 0;
  }
  errno = ENOTTY;
  return -1;
}

static int counts_fd(void) {
  char text[256];
  int size = snprintf(text, sizeof text,
                      "{\"ioctls\":%llu,\"frames\":%llu,\"commands\":%llu,\"faults\":%llu,"
                      "\"insideNs\":%llu,\"spentNs\":%llu}",
                      (unsigned long long)calls, (unsigned long long)chip_counts.frames,
                      (unsigned long long)chip_counts.commands, (unsigned long long)chip_counts.faults,
                      (unsigned long long)ns_inside, (unsigned long long)spent());
  int fd = memfd_create("counts", MFD_CLOEXEC);
  if (fd < 0 || write(fd, text, (size_t)size) != size) return -1;
  lseek(fd, 0, SEEK_SET);
  return fd;
}

static int open_any(const char *path, int flags, int mode) {
  const char *gpio = getenv("BENCH_GPIOCHIP");
  int kind = !strcmp(path, "/dev/spidev0.0") ? SPIDEV : gpio && !strcmp(path, gpio) ? GPIOCHIP : OTHER;
  if (!strcmp(path, "/dev/bench-counts")) return counts_fd();
  int fd = kind == OTHER ? next_open(path, flags, mode) : next_open("/dev/null", O_RDWR | O_CLOEXEC);
  if (fd >= 0 && fd < FD_MAX) kinds[fd] = kind;
  return fd;
}

#define OPENER(name)                        \
  int name(const char *path, int flags, ...) { \
    va_list more;                           \
    va_start(more, flags);                  \
    int mode = va_arg(more, int);           \
    va_end(more);                           \
    return open_any(path, flags, mode);     \
  }
OPENER(open)
OPENER(open64)

int access(const char *path, int mode) {
  if (!strcmp(path, "/dev/spidev0.0")) return 0;
  return ((int (*)(const char *, int))dlsym(RTLD_NEXT, "access"))(path, mode);
}

int ioctl(int fd, unsigned long request, ...) {
  va_list more;
  va_start(more, request);
  void *argument = va_arg(more, void *);
  va_end(more);
  int kind = fd >= 0 && fd < FD_MAX ? kinds[fd] : OTHER;
  if (kind == SPIDEV) return spidev(request, argument);
  if (kind == GPIOCHIP) return gpiochip(request, argument);
  return next_ioctl(fd, request, argument);
}

int close(int fd) {
  if (fd >= 0 && fd < FD_MAX) kinds[fd] = OTHER;
  return next_close(fd);
}
