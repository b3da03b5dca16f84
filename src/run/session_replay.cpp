// SPDX-License-Identifier: BSD-2-Clause
// --replay: the records come from a file.
#include "base/stop.hpp"
#include "kernel/privileges.hpp"
#include "run/session.hpp"

#include <chrono>
#include <optional>

namespace snoop {

int Session::replay(Sink &sink)
{
    kernel::give_up_lent_privileges();
    Recording recording{options().replay, tracer_.info().name, tracer_.info().record_format};
    std::optional<Error> damage;

    if (header_.host != recording.header().host)
        users_.turn_off();
    containers_.read_no_files();
    header_ = recording.header();
    start_export(Feed::replay);
    tracer_.sandbox().maps = false;
    tracer_.enter_sandbox();
    tracer_.watch_duration();
    tracer_.loop().watch_stdout(rows_.fd());
    const bool is_pipe = tracer_.loop().watch_input(recording.fd());
    const RecordHandler handler = handler_for(sink);
    stop::begin_tracing();
    try {
        while (!recording.ended() && !tracer_.loop().stopped() && !rows_.is_full()) {
            if (is_pipe && recording.must_read()) {
                tracer_.loop().wait(std::nullopt);
                if (tracer_.loop().stopped())
                    break;
            }
            recording.drain(handler);
            rows_.flush();
            tracer_.loop().wait(std::chrono::milliseconds{0});
        }
    } catch (const Error &error) {
        damage = error; // after the records before it are printed
    }
    sink.finish();
    rows_.flush();
    finish_output();
    EventCounters counters;
    const RecordingEnd *end = recording.end();
    if (end && !(end->rec.flags & RECORDING_IN_PART))
        counters = {end->counters, end->skipped, end->in_flight};
    else
        counters.kernel.count[SNOOP_SEEN] = rows_.counts().received; // nothing more is known
    const int code = finish_export(print_accounting(counters));
    if (damage)
        throw Error{*damage};
    return code;
}

} // namespace snoop
