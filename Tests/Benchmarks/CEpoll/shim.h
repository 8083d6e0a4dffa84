// epoll, which Swift's Glibc module leaves out.
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sys/epoll.h>
#include <time.h>
