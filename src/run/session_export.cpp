// SPDX-License-Identifier: BSD-2-Clause
// --otlp and -o otlp: snoop-export gets the rows.
#include "run/session.hpp"

namespace snoop {

void Session::send_spans() noexcept
{
    if (export_)
        export_->send_spans();
    if (helper_output_)
        helper_output_->send_spans();
}

void Session::start_export(Feed feed)
{
    pid_t pid = -1;

    if (export_) {
        export_->start(feed);
        pid = export_->pid();
    }
    if (helper_output_) {
        helper_output_->start();
        rows_.write_to(helper_output_->fd());
        pid = helper_output_->pid();
    }
    if (feed == Feed::live && pid >= 0 && !shows_exporter_)
        tracer_.leave_out(pid);
}

void Session::finish_output()
{
    if (!helper_output_)
        return;
    const std::uint64_t written = helper_output_->finish();
    rows_.set_arrived(written, helper_output_->has_failed() || helper_output_->is_stuck());
}

int Session::finish_export(int code) { return export_ ? export_->finish(tracer_.info().name, code) : code; }

} // namespace snoop
