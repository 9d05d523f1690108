#include "scpi.h"
#include "edges.h"
#include "lease.h"
#include "outputs.h"
#include "schedule.h"
#include "supply.h"
#include "ticks.h"
#include "uart.h"
#include <avr/pgmspace.h>
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// The level of this command tree: host and controller work together when they agree on it.
#define PROTOCOL_LEVEL 3
#define FIRMWARE_VERSION "1.2"

#define ERROR_SYNTAX (-102)
#define ERROR_HEADER (-113)
#define ERROR_MISSING (-109)
#define ERROR_PROTECTED (-203)
#define ERROR_BUSY (-213)
#define ERROR_RANGE (-222)
#define ERROR_VALUE (-224)
#define ERROR_MEMORY (-311)
#define ERROR_QUEUE (-350)
// Of this instrument alone: what was sent has no lease, or one that is over.
#define ERROR_LEASE 101

#define QUEUE_SIZE 8
#define TOKEN_SIZE 17
#define MOST_LOGGED 8
#define MOST_PARAMETERS 4
#define MOST_ARMED_MS 100000UL
#define MOST_WATCHDOG_MS 3600000UL

static int16_t errors[QUEUE_SIZE];
static uint8_t error_count;
// A bit for each error in the queue: somebody made it who does not hold the lease that is held.
static uint8_t foreign;
static uint32_t watchdog_ms, watchdog_turns;
static char owner[TOKEN_SIZE];
static bool has_answered;
// Of the line at hand: it named the lease that is held; something of it failed.
static bool is_under_lease, has_failed;
// A line is at hand, and it does not come from the holder of the lease that is held.
static bool is_of_stranger;

void scpi_error(int16_t code) {
  has_failed = true;
  if (error_count < QUEUE_SIZE) {
    foreign &= ~_BV(error_count);
    if (is_of_stranger) foreign |= _BV(error_count);
    errors[error_count++] = code;
  } else errors[QUEUE_SIZE - 1] = ERROR_QUEUE;
}

uint32_t scpi_watchdog(void) { return watchdog_turns; }

static void watch(uint32_t ms) {
  watchdog_ms = ms;
  // At least as long as asked.
  watchdog_turns = ms > 0 ? TURNS_OF_MS(ms) + 1 : 0;
}

static void make_safe(void) {
  schedule_stop();
  outputs_make_safe();
}

static void end_lease(void) {
  make_safe();
  watch(0);
  owner[0] = 0;
  lease_end();
}

void scpi_host_lost(void) { end_lease(); }

static void refuse(void) {
  is_under_lease = false;
  is_of_stranger = lease_is_held();
  scpi_error(ERROR_LEASE);
}

// After an error nothing of the line changes anything any more.
static bool may_change(void) {
  if (has_failed) return false;
  if (is_under_lease || !lease_is_held()) return true;
  refuse();
  return false;
}

// Several answers of one line are separated by semicolons.
static void answer_begins(void) {
  if (has_answered) uart_put(';');
  has_answered = true;
}

static void answer_number(uint32_t number) {
  answer_begins();
  uart_number(number);
}

static void answer_P(const char *text) {
  answer_begins();
  uart_text_P(text);
}

// A mnemonic is given whole or as its capitals, in either case.
static bool is_mnemonic(const char *text, uint8_t size, const char *mnemonic_P) {
  uint8_t whole = 0, brief = 0;
  bool is_whole = true, is_brief = true, in_brief = true;
  for (char letter; (letter = pgm_read_byte(mnemonic_P + whole)) && letter != ':' && letter != '?'; whole++) {
    char given = whole < size ? (char)toupper(text[whole]) : 0;
    if (given != toupper(letter)) {
      is_whole = false;
      if (!islower(letter)) is_brief = false;
    }
    if (islower(letter)) in_brief = false;
    else if (in_brief) brief++;
  }
  return (is_whole && size == whole) || (is_brief && size == brief);
}

static bool is_header(const char *text, const char *header_P) {
  if (*text == ':') text++;
  for (;;) {
    uint8_t size = strcspn(text, ":?");
    if (!is_mnemonic(text, size, header_P)) return false;
    text += size;
    char next;
    while ((next = pgm_read_byte(header_P)) && next != ':' && next != '?') header_P++;
    if (*text != next) return false;
    if (next == 0) return true;
    if (next == '?') return text[1] == 0;
    text++;
    header_P++;
  }
}

// A choice by its number, or -1 with the error noted.
static int8_t choice(const char *given, const char *const *names_P, uint8_t count) {
  for (uint8_t i = 0; i < count; i++)
    if (is_mnemonic(given, strlen(given), pgm_read_ptr(&names_P[i]))) return i;
  scpi_error(ERROR_VALUE);
  return -1;
}

// False with the error noted when it is no number, or out of range.
static bool number(const char *given, uint32_t least, uint32_t most, uint32_t *result) {
  char *end;
  if (!isdigit(*given) || strlen(given) > 9) {
    scpi_error(ERROR_RANGE);
    return false;
  }
  *result = strtoul(given, &end, 10);
  if (*end != 0 || *result < least || *result > most) {
    scpi_error(ERROR_RANGE);
    return false;
  }
  return true;
}

#define WORD(name, text) static const char name[] PROGMEM = text
WORD(word_off, "OFF");
WORD(word_on, "ON");
WORD(word_0, "0");
WORD(word_1, "1");
WORD(word_auto, "AUTO");
WORD(word_asserted, "ASSerted");
WORD(word_deasserted, "DEASserted");
WORD(word_pass, "PASS");
WORD(word_open, "OPEN");
WORD(word_high, "HIGH");
WORD(word_low, "LOW");
WORD(word_power, "POWer");
WORD(word_reset, "RESet");
WORD(word_cs, "CS");
WORD(word_int, "INTerrupt");

static const char *const switch_words[] PROGMEM = {word_off, word_on, word_0, word_1};
static const char *const reset_words[] PROGMEM = {word_deasserted, word_asserted};
static const char *const cs_words[] PROGMEM = {word_auto, word_deasserted, word_asserted};
static const char *const int_words[] PROGMEM = {word_pass, word_open, word_high, word_low};
static const char *const line_words[] PROGMEM = {word_power, word_reset, word_cs, word_int};

static void identify(char **p) {
  (void)p;
  answer_P(PSTR("h1-hil,rig-controller,0," FIRMWARE_VERSION));
}

static void reset_all(char **p) {
  (void)p;
  make_safe();
  edges_clear();
  // A holder that goes silent is noticed in every case.
  if (!lease_is_held()) watch(0);
}

// What the line itself did wrong stays.
static void clear_status(char **p) {
  (void)p;
  if (!has_failed) error_count = 0;
}

static void operation_complete(char **p) {
  (void)p;
  answer_number(1);
}

static void self_test(char **p) {
  (void)p;
  uint32_t before = ticks_now();
  uint8_t wrong = outputs_test();
  if (ticks_now() == before) wrong |= 16;
  answer_number(wrong);
}

static const char *error_text(int16_t code) {
  switch (code) {
  case 0: return PSTR("No error");
  case ERROR_SYNTAX: return PSTR("Syntax error");
  case ERROR_MISSING: return PSTR("Missing parameter");
  case ERROR_HEADER: return PSTR("Undefined header");
  case ERROR_PROTECTED: return PSTR("Command protected");
  case ERROR_BUSY: return PSTR("Init ignored");
  case ERROR_RANGE: return PSTR("Data out of range");
  case ERROR_VALUE: return PSTR("Illegal parameter value");
  case ERROR_MEMORY: return PSTR("Memory error");
  case ERROR_QUEUE: return PSTR("Queue overflow");
  case ERROR_LEASE: return PSTR("Lease is over");
  case -363: return PSTR("Input buffer overrun");
  default: return PSTR("Time out error");
  }
}

static void next_error(char **p) {
  (void)p;
  int16_t code = 0;
  if (error_count > 0) {
    code = errors[0];
    memmove(errors, errors + 1, --error_count * sizeof *errors);
    foreign >>= 1;
  }
  answer_begins();
  if (code < 0) uart_put('-');
  uart_number(code < 0 ? -code : code);
  uart_text_P(PSTR(",\""));
  uart_text_P(error_text(code));
  uart_put('"');
}

static void scpi_version(char **p) {
  (void)p;
  answer_P(PSTR("1999.0"));
}

static void protocol(char **p) {
  (void)p;
  answer_number(PROTOCOL_LEVEL);
}

static void set_power_to(char **p) {
  int8_t word = choice(p[0], switch_words, 4);
  if (word >= 0) set_power(word & 1);
}

static void ask_power(char **p) {
  (void)p;
  answer_number(get_power());
}

static void set_reset_to(char **p) {
  int8_t word = choice(p[0], reset_words, 2);
  if (word >= 0) set_reset(word);
}

static void ask_reset(char **p) {
  (void)p;
  answer_P(get_reset() ? PSTR("ASS") : PSTR("DEAS"));
}

static void set_cs_to(char **p) {
  int8_t word = choice(p[0], cs_words, 3);
  if (word >= 0) set_cs(word == 0 ? CS_AUTO : word == 1 ? CS_DEASSERTED : CS_ASSERTED);
}

static void ask_cs(char **p) {
  (void)p;
  cs_source source = get_cs();
  answer_P(source == CS_AUTO ? PSTR("AUTO") : source == CS_ASSERTED ? PSTR("ASS") : PSTR("DEAS"));
}

static void set_int_to(char **p) {
  int8_t word = choice(p[0], int_words, 4);
  if (word >= 0) set_int(word);
}

static void ask_int(char **p) {
  (void)p;
  answer_P(pgm_read_ptr(&int_words[get_int()]));
}

static void pulse(char *width, line which) {
  uint32_t us;
  if (!number(width, LEAST_US, MOST_US, &us)) return;
  if (!schedule_pulse(which, us)) scpi_error(ERROR_BUSY);
}

static void pulse_power(char **p) { pulse(p[0], LINE_POWER); }
static void pulse_reset(char **p) { pulse(p[0], LINE_RESET); }
static void pulse_cs(char **p) { pulse(p[0], LINE_CS); }
static void pulse_int(char **p) { pulse(p[0], LINE_INT); }

static void arm(char **p) {
  uint32_t falls, delay, ms;
  int8_t which;
  if (!number(p[0], 1, UINT16_MAX, &falls) || !number(p[1], LEAST_DELAY_US, MOST_US, &delay)) return;
  if ((which = choice(p[2], line_words, 4)) < 0 || !number(p[3], 1, MOST_ARMED_MS, &ms)) return;
  if (!schedule_arm(falls, delay, which, ms)) scpi_error(ERROR_BUSY);
}

static void disarm(char **p) {
  (void)p;
  schedule_disarm();
}

static void ask_arm(char **p) {
  (void)p;
  switch (schedule_state()) {
  case ARM_IDLE: answer_P(PSTR("IDLE")); break;
  case ARM_WAITING: answer_P(PSTR("WAIT")); break;
  case ARM_COUNTED: answer_P(PSTR("COUN")); break;
  case ARM_RUNNING: answer_P(PSTR("RUN")); break;
  case ARM_DONE: answer_P(PSTR("DONE")); break;
  }
}

// Count, unmeasured, last, least, most; widths in ticks of 62.5 ns, 0 when none was measured.
static void answer_widths(pulse_widths pulses) {
  answer_number(pulses.count);
  uart_put(',');
  uart_number(pulses.unmeasured);
  uart_put(',');
  uart_number(pulses.last);
  uart_put(',');
  uart_number(pulses.most == 0 ? 0 : pulses.least);
  uart_put(',');
  uart_number(pulses.most);
}

static void ask_int_widths(char **p) {
  (void)p;
  answer_widths(int_widths());
}

static void ask_cs_widths(char **p) {
  (void)p;
  answer_widths(cs_widths());
}

static void ask_int_state(char **p) {
  (void)p;
  answer_number(int_is_asserted());
}

static void ask_cs_state(char **p) {
  (void)p;
  answer_number(cs_is_asserted());
}

static void clear_edges(char **p) {
  (void)p;
  edges_clear();
}

// Lost edges, the time now, then each edge: which and when.
static void ask_log(char **p) {
  static const char names[] PROGMEM = "I-I+C-C+";
  (void)p;
  edge taken;
  answer_number(edges_lost());
  uart_put(',');
  uart_number(ticks_now());
  for (uint8_t i = 0; i < MOST_LOGGED && edges_take(&taken); i++) {
    uart_put(',');
    uart_put(pgm_read_byte(names + taken.kind * 2));
    uart_put(pgm_read_byte(names + taken.kind * 2 + 1));
    uart_put(',');
    uart_number(taken.at);
  }
}

static void ask_current(char **p) {
  (void)p;
  answer_number(supply_current());
}

static void set_watchdog(char **p) {
  uint32_t ms;
  if (number(p[0], lease_is_held() ? 1 : 0, MOST_WATCHDOG_MS, &ms)) watch(ms);
}

static void ask_watchdog(char **p) {
  (void)p;
  answer_number(watchdog_ms);
}

// The lease under which the rest of the line is sent. Errors that others made are none of its holder.
static void under_lease(char **p) {
  uint32_t given;
  if (has_failed || !number(p[0], 1, LAST_LEASE, &given)) return;
  if (!lease_is_held() || given != lease_number()) {
    refuse();
    return;
  }
  is_under_lease = true;
  is_of_stranger = false;
  uint8_t kept = 0;
  for (uint8_t i = 0; i < error_count; i++)
    if (!(foreign & _BV(i))) errors[kept++] = errors[i];
  error_count = kept;
  foreign = 0;
}

static void ask_lease(char **p) {
  (void)p;
  answer_number(lease_number());
  uart_put(',');
  uart_number(lease_is_held());
}

// The next number, for a token, and a watchdog from the first moment. Who has seen an older number is too late.
static void begin_lease(char **p) {
  uint32_t given, ms;
  if (has_failed || !number(p[0], 1, LAST_LEASE, &given) || !number(p[2], 1, MOST_WATCHDOG_MS, &ms)) return;
  if (strlen(p[1]) >= TOKEN_SIZE || p[1][0] == 0) scpi_error(ERROR_VALUE);
  else if (given != lease_number() + 1) refuse();
  else if (lease_is_held() && strcmp(owner, p[1]) != 0) scpi_error(ERROR_PROTECTED);
  else if (!lease_begin()) scpi_error(ERROR_MEMORY);
  else {
    make_safe();
    edges_clear();
    error_count = foreign = 0;
    is_of_stranger = false;
    strcpy(owner, p[1]);
    watch(ms);
    is_under_lease = true;
  }
}

static void give_back(char **p) {
  (void)p;
  if (has_failed) return;
  if (is_under_lease && lease_is_held()) end_lease();
  else refuse();
}

typedef struct {
  char header[24];
  uint8_t parameters;
  // What changes something is for the holder alone, while a lease is held.
  bool is_for_anyone;
  void (*run)(char **parameters);
} command;
#define ANYONE true
#define HOLDER false

// Of the table that it stands in.
static void ask_headers(char **p);

static const command commands[] PROGMEM = {
    {"*IDN?", 0, ANYONE, identify},
    {"*RST", 0, HOLDER, reset_all},
    {"*CLS", 0, ANYONE, clear_status},
    {"*OPC?", 0, ANYONE, operation_complete},
    {"*TST?", 0, ANYONE, self_test},
    {"SYSTem:ERRor?", 0, ANYONE, next_error},
    {"SYSTem:VERSion?", 0, ANYONE, scpi_version},
    {"SYSTem:HELP:HEADers?", 0, ANYONE, ask_headers},
    {"SYSTem:PROTocol?", 0, ANYONE, protocol},
    {"SYSTem:WATChdog", 1, HOLDER, set_watchdog},
    {"SYSTem:WATChdog?", 0, ANYONE, ask_watchdog},
    // All but the question look at the number themselves.
    {"LEASe", 1, ANYONE, under_lease},
    {"LEASe?", 0, ANYONE, ask_lease},
    {"LEASe:BEGin", 3, ANYONE, begin_lease},
    {"LEASe:END", 0, ANYONE, give_back},
    {"OUTPut:POWer", 1, HOLDER, set_power_to},
    {"OUTPut:POWer?", 0, ANYONE, ask_power},
    {"OUTPut:RESet", 1, HOLDER, set_reset_to},
    {"OUTPut:RESet?", 0, ANYONE, ask_reset},
    {"OUTPut:CS", 1, HOLDER, set_cs_to},
    {"OUTPut:CS?", 0, ANYONE, ask_cs},
    {"ROUTe:INTerrupt", 1, HOLDER, set_int_to},
    {"ROUTe:INTerrupt?", 0, ANYONE, ask_int},
    {"PULSe:POWer", 1, HOLDER, pulse_power},
    {"PULSe:RESet", 1, HOLDER, pulse_reset},
    {"PULSe:CS", 1, HOLDER, pulse_cs},
    {"PULSe:INTerrupt", 1, HOLDER, pulse_int},
    {"ARM:PULSe", 4, HOLDER, arm},
    {"ARM:CLEar", 0, HOLDER, disarm},
    {"ARM:STATe?", 0, ANYONE, ask_arm},
    {"SENSe:INTerrupt?", 0, ANYONE, ask_int_state},
    {"SENSe:CS?", 0, ANYONE, ask_cs_state},
    {"MEASure:INTerrupt?", 0, ANYONE, ask_int_widths},
    {"MEASure:CS?", 0, ANYONE, ask_cs_widths},
    {"MEASure:CURRent?", 0, ANYONE, ask_current},
    {"LOG:DATA?", 0, HOLDER, ask_log},
    {"LOG:CLEar", 0, HOLDER, clear_edges},
};
#define COMMANDS (sizeof commands / sizeof *commands)

static void ask_headers(char **p) {
  (void)p;
  answer_begins();
  for (uint8_t i = 0; i < COMMANDS; i++) {
    if (i > 0) uart_put(',');
    uart_text_P(commands[i].header);
  }
}

static void run_one(char *text) {
  char *parameters[MOST_PARAMETERS];
  uint8_t count = 0;
  while (*text == ' ') text++;
  if (*text == 0) return;
  char *rest = strchr(text, ' ');
  if (rest) {
    *rest++ = 0;
    while (rest) {
      char *next = strchr(rest, ',');
      if (next) *next++ = 0;
      while (*rest == ' ') rest++;
      for (char *end = rest + strlen(rest); end > rest && end[-1] == ' ';) *--end = 0;
      if (count == MOST_PARAMETERS) {
        scpi_error(ERROR_SYNTAX);
        return;
      }
      parameters[count++] = rest;
      rest = next;
    }
    if (count == 1 && parameters[0][0] == 0) count = 0;
  }
  for (uint8_t i = 0; i < COMMANDS; i++) {
    if (!is_header(text, commands[i].header)) continue;
    if (count < pgm_read_byte(&commands[i].parameters)) scpi_error(ERROR_MISSING);
    else if (count > pgm_read_byte(&commands[i].parameters)) scpi_error(ERROR_SYNTAX);
    else if (pgm_read_byte(&commands[i].is_for_anyone) || may_change())
      ((void (*)(char **))pgm_read_ptr(&commands[i].run))(parameters);
    return;
  }
  scpi_error(ERROR_HEADER);
}

bool scpi_run(char *line) {
  has_answered = is_under_lease = has_failed = false;
  is_of_stranger = lease_is_held();
  while (line) {
    char *next = strchr(line, ';');
    if (next) *next++ = 0;
    run_one(line);
    line = next;
  }
  if (has_answered) uart_put('\n');
  is_of_stranger = false;
  return is_under_lease || !lease_is_held();
}
