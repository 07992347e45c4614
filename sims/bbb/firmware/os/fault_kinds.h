/* What vectors.S tells fault_dispatch. */
#pragma once

#define FAULT_RESET 0
#define FAULT_UNDEFINED 1
#define FAULT_PREFETCH 2
#define FAULT_DATA 3
#define FAULT_FIQ 4
