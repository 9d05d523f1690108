// A serial port without hardware: makes a pseudo-terminal, says its name in a line, and passes bytes between it and its
// own standard input and output until either ends. When it dies the port hangs up, as a cable does that is pulled out.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static int pass(int from, int to) {
  char bytes[512];
  ssize_t count = read(from, bytes, sizeof bytes);
  return count > 0 && write(to, bytes, (size_t)count) == count;
}

int main(void) {
  int controller = posix_openpt(O_RDWR | O_NOCTTY);
  if (controller < 0 || grantpt(controller) || unlockpt(controller)) return 1;
  const char *name = ptsname(controller);
  // Kept open, so that the port is there between one host and the next.
  int port = open(name, O_RDWR | O_NOCTTY);
  struct termios mode;
  if (port < 0 || tcgetattr(port, &mode)) return 1;
  cfmakeraw(&mode);
  if (tcsetattr(port, TCSANOW, &mode)) return 1;
  printf("%s\n", name);
  fflush(stdout);
  for (;;) {
    struct pollfd ends[] = {{STDIN_FILENO, POLLIN, 0}, {controller, POLLIN, 0}};
    if (poll(ends, 2, -1) < 0) return 1;
    if (ends[0].revents && !pass(STDIN_FILENO, controller)) return 0;
    if (ends[1].revents && !pass(controller, STDOUT_FILENO)) return 0;
  }
}
