// SPDX-License-Identifier: BSD-2-Clause
// How long after its start a tool sees its first event. Starts the tool, makes events
// that carry a number, and takes the first one that the tool prints: the time from the
// tool's start until just before that event was made, in milliseconds, a line a round.
//     first_event 7 open opensnoop
//     first_event 7 exec execsnoop -o json
// What the tool does with its output in between does not count: an event is looked for by
// when it was made, not by when it was shown. The tool has all CPUs but the last
// one, where the events are made, if there are several. As root, as the tools want it.
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::string_view marker = "/first-event-"; // and 7 digits
constexpr std::size_t digits = 7;
constexpr double patience_ms = 30'000;
constexpr double open_every_ms = 0.05; // an exec takes longer than that anyway

double now_ms()
{
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

[[noreturn]] void die(const char *what)
{
    std::fprintf(stderr, "first_event: %s: %s\n", what, std::strerror(errno));
    std::exit(1);
}

// Pins this process to the last CPU, and its children by default to all others.
struct Cpus {
    cpu_set_t last, others;

    Cpus()
    {
        CPU_ZERO(&last);
        sched_getaffinity(0, sizeof(others), &others);
        for (std::size_t i = CPU_SETSIZE; i-- > 0 && CPU_COUNT(&last) == 0;)
            if (CPU_ISSET(i, &others))
                CPU_SET(i, &last);
        if (CPU_COUNT(&others) > 1)
            CPU_XOR(&others, &others, &last);
        sched_setaffinity(0, sizeof(last), &last);
    }
};

class Tool {
public:
    Tool(char **argv, const Cpus &cpus)
    {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0)
            die("pipe");
        started_ms_ = now_ms();
        pid_ = vfork();
        if (pid_ == 0) {
            sched_setaffinity(0, sizeof(cpus.others), &cpus.others);
            dup2(ends[1], STDOUT_FILENO);
            execvp(argv[0], argv);
            _exit(127);
        }
        if (pid_ < 0)
            die("fork");
        close(ends[1]);
        out_ = ends[0];
        fcntl(out_, F_SETFL, O_NONBLOCK);
    }
    ~Tool()
    {
        kill(pid_, SIGINT);
        const double end = now_ms() + 5'000;
        while (now_ms() < end && take() && waitpid(pid_, nullptr, WNOHANG) == 0) {
            pollfd ready{out_, POLLIN, 0};
            poll(&ready, 1, 100);
        }
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
        close(out_);
    }
    Tool(const Tool &) = delete;
    Tool &operator=(const Tool &) = delete;

    [[nodiscard]] double started_ms() const { return started_ms_; }

    // Reads what it has printed; false at the end.
    bool take()
    {
        std::array<char, 65536> part{};
        const ssize_t n = read(out_, part.data(), part.size());
        if (n > 0 && !found_)
            text_.append(part.data(), static_cast<std::size_t>(n));
        return n > 0 || (n < 0 && errno == EAGAIN);
    }

    // The number of the first event in what it has printed, or -1.
    long first_event()
    {
        for (std::size_t at = text_.find(marker); at != text_.npos; at = text_.find(marker, at + 1)) {
            const std::string number = text_.substr(at + marker.size(), digits);
            if (number.size() == digits && std::isdigit(static_cast<unsigned char>(number.back()))) {
                found_ = true;
                return std::strtol(number.c_str(), nullptr, 10);
            }
        }
        return -1;
    }

private:
    pid_t pid_ = -1;
    int out_ = -1;
    double started_ms_ = 0;
    std::string text_;
    bool found_ = false;
};

void make_event(bool is_exec, std::size_t number)
{
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "%s%07zu", marker.data(), number % 10'000'000);
    if (!is_exec) {
        if (const int fd = open(name.data(), O_RDONLY); fd >= 0)
            close(fd);
        return;
    }
    const pid_t child = vfork();
    if (child == 0) {
        execl("/proc/self/exe", "first_event", name.data(), nullptr);
        _exit(127);
    }
    if (child < 0)
        die("vfork");
    waitpid(child, nullptr, 0);
}

double round(bool is_exec, char **argv, const Cpus &cpus)
{
    std::vector<double> made_ms;
    Tool tool{argv, cpus};

    made_ms.reserve(100'000);
    while (now_ms() - tool.started_ms() < patience_ms) {
        made_ms.push_back(now_ms());
        make_event(is_exec, made_ms.size() - 1);
        if (!tool.take())
            break;
        if (const long first = tool.first_event(); first >= 0)
            return made_ms.at(static_cast<std::size_t>(first)) - tool.started_ms();
        while (now_ms() < made_ms.back() + open_every_ms) {}
    }
    std::fprintf(stderr, "first_event: %s printed none of %zu events\n", argv[0], made_ms.size());
    std::exit(1);
}

} // namespace

int main(int argc, char **argv)
{
    // The program that an exec executes: this one, statically linked, which exits at once.
    if (argc == 2 && std::string_view{argv[1]}.starts_with(marker))
        return 0;
    const std::string_view kind = argc > 3 ? argv[2] : "";
    const long rounds = argc > 3 ? std::strtol(argv[1], nullptr, 10) : 0;
    if (rounds < 1 || (kind != "open" && kind != "exec")) {
        std::fprintf(stderr, "usage: %s ROUNDS open|exec TOOL ARGS...\n", argv[0]);
        return 2;
    }
    const Cpus cpus;
    for (long i = 0; i < rounds; i++) {
        std::printf("%.2f\n", round(kind == "exec", argv + 3, cpus));
        std::fflush(stdout);
    }
    return 0;
}
