#include "uart.h"
#include "idle.h"
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <stddef.h>

#define IN_SIZE 128

static volatile char in[IN_SIZE];
static volatile uint8_t in_head, in_tail;
static volatile bool is_garbled, is_sending;
static bool overran, drops_line;
static char line_text[LINE_SIZE];
static uint8_t line_length;

void uart_init(void) {
  UCSR0A = _BV(U2X0);
  UBRR0 = 16;
  UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
  UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0) | _BV(TXCIE0);
}

ISR(USART_RX_vect) {
  uint8_t status = UCSR0A;
  char byte = UDR0;
  uint8_t next = (in_head + 1) % IN_SIZE;
  if ((status & (_BV(FE0) | _BV(DOR0))) || next == in_tail) {
    is_garbled = true;
    return;
  }
  in[in_head] = byte;
  in_head = next;
}

ISR(USART_TX_vect) { is_sending = false; }

bool uart_has_input(void) { return in_head != in_tail; }

char *uart_line(void) {
  while (in_head != in_tail) {
    char byte = in[in_tail];
    in_tail = (in_tail + 1) % IN_SIZE;
    if (is_garbled) {
      is_garbled = false;
      drops_line = true;
    }
    if (byte == '\r') continue;
    if (byte != '\n') {
      if (line_length == LINE_SIZE - 1) drops_line = true;
      else line_text[line_length++] = byte;
      continue;
    }
    line_text[line_length] = 0;
    line_length = 0;
    if (!drops_line) return line_text;
    drops_line = false;
    overran = true;
  }
  return NULL;
}

bool uart_overran(void) {
  bool result = overran;
  overran = false;
  return result;
}

static bool is_sent(void) { return !is_sending; }

void uart_put(char byte) {
  while (is_sending) idle_unless(is_sent);
  is_sending = true;
  UDR0 = byte;
}

void uart_text_P(const char *text) {
  char byte;
  while ((byte = pgm_read_byte(text++))) uart_put(byte);
}

void uart_number(uint32_t number) {
  char digits[10];
  uint8_t count = 0;
  do digits[count++] = '0' + number % 10;
  while (number /= 10);
  while (count) uart_put(digits[--count]);
}
