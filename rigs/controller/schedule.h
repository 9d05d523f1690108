// What happens at a moment: the end of a pulse, and an armed cut.
#ifndef SCHEDULE_H
#define SCHEDULE_H
#include "outputs.h"
#include <stdbool.h>
#include <stdint.h>

// Shorter spans would end before the compare unit is set.
#define LEAST_US 20UL
// From a fall of CS_L to an armed pulse.
#define LEAST_DELAY_US 50UL
// Half the range of the ticks.
#define MOST_US 100000000UL

void schedule_init(void);
// False while another pulse runs.
bool schedule_pulse(line which, uint32_t us);
// After `delay_us` from the fall number `cs_falls` of CS_L from now: a pulse of `ms`. False while one runs.
bool schedule_arm(uint16_t cs_falls, uint32_t delay_us, line which, uint32_t ms);
// Forgets what is armed; what has begun runs to its end.
void schedule_disarm(void);
// Ends what runs, forgets what is armed.
void schedule_stop(void);
typedef enum { ARM_IDLE, ARM_WAITING, ARM_COUNTED, ARM_RUNNING, ARM_DONE } arm_state;
arm_state schedule_state(void);
// From the interrupt of CS_L.
void schedule_cs_fell(uint32_t at);

#endif
