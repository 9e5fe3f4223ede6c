// czlib.h: zlib, which reads gzip.
#pragma once
#include <zlib.h>
