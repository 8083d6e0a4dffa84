// Nothing to call: being linked is all that `waits.c` has to do.
#pragma once
