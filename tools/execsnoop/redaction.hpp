// SPDX-License-Identifier: BSD-2-Clause
// --redact in execsnoop: an exec is redacted once all its records are there, so that no text is in two parts.
//     const StoredEvent shown = redacted(redactor, exec);
//     record_exec(session, shown.event());
#pragma once

#include "base/redact.hpp"
#include "execsnoop/assembler.hpp"
#include "run/session.hpp"

namespace snoop::execsnoop {

// The exec with all its texts redacted. Its sizes are those of the texts that are left.
StoredEvent redacted(const Redactor &redactor, const Assembled &exec);

// Gives the session the records of an exec, in the order in which the programs send them.
void record_exec(Session &session, const Assembled &exec);

} // namespace snoop::execsnoop
