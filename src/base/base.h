/* The door of base/: what every other folder stands on. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/cbor.h"
#include "base/date.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/library.h"
#include "base/lines.h"
#include "base/log.h"
#include "base/member.h"
#include "base/pool.h"
#include "base/text.h"
#include "base/world.h"
#include "base/xml.h"
