// The serial line: 115200 baud, 8 data bits, no parity, lines that end with LF; CR is ignored.
#ifndef UART_H
#define UART_H
#include <stdbool.h>
#include <stdint.h>

#define LINE_SIZE 96

void uart_init(void);
// Whether bytes came that uart_line has not looked at.
bool uart_has_input(void);
// A whole line without its end, or NULL; it is valid until the next call.
char *uart_line(void);
// True once after a line that was too long or a byte that was garbled; that line is dropped.
bool uart_overran(void);
// Waits for room.
void uart_put(char byte);
void uart_text_P(const char *text);
void uart_number(uint32_t number);

#endif
