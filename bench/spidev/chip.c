#include "chip.h"
#include <string.h>

enum { HEADER = 4, MAX_DATA = 64, COMMAND_MAX = 2048, RESPONSE_HEADER = 10 };
enum { REG_ACCESS = 0x000, REG_STS = 0x018, REG_FIFO = 0x024, REG_DID_VID = 0xf00, REG_RID = 0xf04, REG_FW_VER = 0xf90 };
enum { ACCESS_VALID = 0x80, ACCESS_ACTIVE = 0x20, ACCESS_REQUEST = 0x02 };
enum { STS_VALID = 0x80, STS_READY = 0x40, STS_GO = 0x20, STS_DATA = 0x10, STS_EXPECT = 0x08 };
enum { CC_GET_CAPABILITY = 0x17a, CC_GET_RANDOM = 0x17b, CC_HASH = 0x17d };
enum { CAP_TPM_PROPERTIES = 6 };

struct chip_counts chip_counts;

static unsigned waits_of_all, burst_of_all;

static struct {
  int is_selected;
  unsigned at, waits; // bytes seen of this frame, wait bytes still to come
  unsigned data_at, size;
  int is_read;
  uint16_t reg;
  uint8_t header[HEADER], data[MAX_DATA];
} frame;

static enum { IDLE, READY, RECEIVING, DONE } state;
static uint8_t access_bits = ACCESS_VALID;
static uint8_t fifo[COMMAND_MAX];
static unsigned written, taken;
static int expects;

static unsigned be16(const uint8_t *at) { return (unsigned)at[0] << 8 | at[1]; }
static unsigned be32(const uint8_t *at) { return be16(at) << 16 | be16(at + 2); }
static void put16(uint8_t *at, unsigned value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}
static void put32(uint8_t *at, unsigned value) {
  put16(at, value >> 16);
  put16(at + 2, value & 0xffff);
}

void chip_start(unsigned wait_bytes, unsigned burst) {
  waits_of_all = wait_bytes;
  burst_of_all = burst;
}

// Answers of the right form and length; their contents are nobody's business here.
static unsigned answer(uint8_t *out) {
  unsigned size = RESPONSE_HEADER, wanted;
  memset(out, 0, RESPONSE_HEADER);
  put16(out, 0x8001);
  switch (be32(fifo + 6)) {
  case CC_GET_RANDOM:
    wanted = be16(fifo + 10);
    if (wanted > MAX_DATA) wanted = MAX_DATA;
    put16(out + 10, wanted);
    memset(out + 12, 0xa5, wanted);
    size = 12 + wanted;
    break;
  case CC_HASH: // a digest of 32 bytes, and an empty ticket
    put16(out + 10, 32);
    memset(out + 12, 0x5a, 32);
    put16(out + 44, 0x8024);
    put32(out + 46, 0x40000007);
    put16(out + 50, 0);
    size = 52;
    break;
  case CC_GET_CAPABILITY: // no more data, and of what was asked for: a property is 0, all else an empty list
    out[10] = 0;
    memcpy(out + 11, fifo + 10, 4);
    put32(out + 15, be32(fifo + 10) == CAP_TPM_PROPERTIES);
    size = 19;
    if (be32(fifo + 10) != CAP_TPM_PROPERTIES) break;
    memcpy(out + 19, fifo + 14, 4);
    put32(out + 23, 0);
    size = 27;
    break;
  }
  put32(out + 2, size);
  return size;
}

static void execute(void) {
  uint8_t out[COMMAND_MAX];
  written = answer(out);
  memcpy(fifo, out, written);
  taken = 0;
  state = DONE;
  chip_counts.commands++;
}

static unsigned status(void) {
  unsigned bits = STS_VALID, burst = burst_of_all, left = written - taken;
  if (state == READY) bits |= STS_READY;
  if (state == RECEIVING && expects) bits |= STS_EXPECT;
  if (state == DONE && left > 0) {
    bits |= STS_DATA;
    if (left < burst) burst = left;
  }
  return 1u << 26 | burst << 8 | bits; // TPM family 2.0
}

static void read_register(void) {
  unsigned value = 0, left = state == DONE ? written - taken : 0, size;
  memset(frame.data, 0, sizeof frame.data);
  switch (frame.reg) {
  case REG_ACCESS: value = access_bits; break;
  case REG_STS: value = status(); break;
  case REG_DID_VID: value = 0x00281ae0; break;
  case REG_RID:
  case REG_FW_VER: break;
  case REG_FIFO:
    size = frame.size < left ? frame.size : left;
    memcpy(frame.data, fifo + taken, size);
    taken += size;
    return;
  default: chip_counts.faults++;
  }
  for (unsigned i = 0; i < 4; i++) frame.data[i] = (uint8_t)(value >> 8 * i);
}

static void write_status(uint8_t bits) {
  if (bits & STS_READY) {
    state = state == IDLE || state == READY ? READY : IDLE;
    written = taken = 0;
  } else if (bits & STS_GO) {
    if (state == RECEIVING && !expects) execute();
    else chip_counts.faults++;
  }
}

static void write_register(void) {
  switch (frame.reg) {
  case REG_ACCESS:
    if (frame.data[0] & ACCESS_REQUEST) access_bits |= ACCESS_ACTIVE;
    else if (frame.data[0] & ACCESS_ACTIVE) access_bits &= (uint8_t)~ACCESS_ACTIVE, state = IDLE;
    break;
  case REG_STS: write_status(frame.data[0]); break;
  case REG_FW_VER: break;
  case REG_FIFO:
    if (state == READY) state = RECEIVING, written = 0;
    if (state != RECEIVING || written + frame.size > sizeof fifo) {
      chip_counts.faults++;
      break;
    }
    memcpy(fifo + written, frame.data, frame.size);
    written += frame.size;
    expects = written < 6 || written < be32(fifo + 2);
    break;
  default: chip_counts.faults++;
  }
}

int chip_select(int is_asserted) {
  int has_ended = frame.is_selected && !is_asserted && frame.at > 0;
  if (is_asserted && !frame.is_selected) frame.at = 0;
  if (has_ended) {
    chip_counts.frames++;
    // As Cr50: a write counts when CS rises.
    if (frame.at == HEADER && frame.data_at == frame.size && !frame.is_read) write_register();
    else if (!frame.is_read) chip_counts.faults++;
  }
  frame.is_selected = is_asserted;
  return has_ended;
}

static uint8_t take_header(uint8_t byte) {
  frame.header[frame.at++] = byte;
  if (frame.at < HEADER) return 0;
  frame.is_read = frame.header[0] & 0x80;
  frame.size = (frame.header[0] & 0x3f) + 1u;
  frame.reg = (uint16_t)(be16(frame.header + 2) & 0xfff);
  frame.waits = waits_of_all;
  frame.data_at = 0;
  if (frame.is_read) read_register();
  return 0;
}

void chip_transfer(const uint8_t *sent, uint8_t *received, size_t size) {
  for (size_t at = 0; at < size;) {
    uint8_t out = 0;
    if (frame.at < HEADER) out = take_header(sent ? sent[at] : 0);
    else if (frame.waits > 0) out = --frame.waits == 0;
    else {
      // Data in one piece, and zeros to a host that clocks on.
      size_t left = frame.size - frame.data_at, count = size - at < left ? size - at : left;
      if (frame.is_read && received) memcpy(received + at, frame.data + frame.data_at, count);
      if (!frame.is_read && sent) memcpy(frame.data + frame.data_at, sent + at, count);
      if (!frame.is_read && received) memset(received + at, 1, count);
      frame.data_at += (unsigned)count;
      at += count;
      if (at < size && received) memset(received + at, 0, size - at);
      if (at < size && !frame.is_read) chip_counts.faults++;
      return;
    }
    if (received) received[at] = out;
    at++;
  }
}
