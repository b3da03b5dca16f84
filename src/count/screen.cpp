// SPDX-License-Identifier: BSD-2-Clause
#include "count/screen.hpp"
#include "base/stop.hpp"
#include "base/write.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace snoop {
namespace {

// Control sequences of ECMA-48 and private modes of xterm.
constexpr std::string_view enter = "\x1b[?1049h\x1b[?25l"; // alternate screen, no cursor
constexpr std::string_view leave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view home = "\x1b[H", erase_line = "\x1b[K", erase_below = "\x1b[J";

// The state that signal handlers use. There is one screen.
struct Terminal {
    int out_fd = -1, in_fd = -1; // -1: stdin is not a terminal
    termios before{}, raw{};
};
Terminal terminal;

void enter_screen()
{
    if (terminal.in_fd >= 0)
        tcsetattr(terminal.in_fd, TCSANOW, &terminal.raw);
    write_all(terminal.out_fd, enter.data(), enter.size());
}

void leave_screen()
{
    pollfd ready{terminal.out_fd, POLLOUT, 0};

    if (terminal.in_fd >= 0)
        tcsetattr(terminal.in_fd, TCSANOW, &terminal.before);
    // A second signal calls this with all signals blocked: a terminal stopped by Ctrl-S must not hold it up.
    if (poll(&ready, 1, 0) == 1) {
        [[maybe_unused]] const ssize_t n = write(terminal.out_fd, leave.data(), leave.size());
    }
}

void on_stop(int);

void handle_stop(void (*handler)(int))
{
    struct sigaction action {};

    action.sa_handler = handler;
    sigaction(SIGTSTP, &action, nullptr);
}

// Ctrl-Z: gives the terminal back, stops, and takes it again on SIGCONT. The interrupted wait then redraws.
void on_stop(int)
{
    const int err = errno;
    sigset_t stop;

    leave_screen();
    handle_stop(SIG_DFL);
    raise(SIGTSTP);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &stop, nullptr); // stops here
    handle_stop(on_stop);
    enter_screen();
    errno = err;
}

// The part of a line that fits into this many columns.
std::string_view cut(std::string_view line, std::size_t columns)
{
    std::size_t end = 0;

    for (std::size_t n = 0; n < columns && end < line.size(); n++)
        end += utf8_step(line.substr(end)).size;
    return line.substr(0, end);
}

} // namespace

bool Screen::is_possible(int out_fd)
{
    const char *term = std::getenv("TERM");

    return isatty(out_fd) && term && *term && std::string_view{term} != "dumb";
}

Screen::Screen(int out_fd) : out_fd_(out_fd)
{
    // With a handler, if an empty one, a resize interrupts poll().
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigaction(SIGWINCH, &action, nullptr);
    terminal.out_fd = out_fd;
    if (tcgetattr(STDIN_FILENO, &terminal.before) == 0) {
        terminal.raw = terminal.before;
        terminal.raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        terminal.in_fd = keys_fd_ = STDIN_FILENO;
    }
    enter_screen();
    stop::set_last_step(leave_screen);
    if (sigaction(SIGTSTP, nullptr, &action) == 0 && action.sa_handler != SIG_IGN)
        handle_stop(on_stop);
}

Screen::~Screen()
{
    if (struct sigaction action{}; sigaction(SIGTSTP, nullptr, &action) == 0 && action.sa_handler == on_stop)
        handle_stop(SIG_DFL);
    stop::set_last_step(nullptr);
    leave_screen();
}

TerminalSize Screen::size() const
{
    const auto window = terminal_size(out_fd_);

    return window && window->rows > 0 && window->columns > 0 ? *window : TerminalSize{24, 80};
}

std::optional<char> Screen::key() const
{
    pollfd input{.fd = keys_fd_, .events = POLLIN, .revents = 0};
    char c = 0;

    if (keys_fd_ < 0 || poll(&input, 1, 0) != 1 || read(keys_fd_, &c, 1) != 1)
        return std::nullopt;
    return c;
}

void Screen::draw(Buffer &out, std::string_view text) const
{
    const TerminalSize window = size();

    append(out, home);
    for (std::size_t row = 0; row < window.rows && !text.empty(); row++) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (row > 0)
            append(out, "\r\n");
        append(out, cut(text.substr(0, end), window.columns));
        append(out, erase_line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    append(out, erase_below);
}

} // namespace snoop
