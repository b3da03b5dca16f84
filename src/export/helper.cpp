// SPDX-License-Identifier: BSD-2-Clause
#include "export/helper.hpp"
#include "base/accounts.hpp"
#include "base/error.hpp"
#include "base/private_file.hpp"
#include "base/stop.hpp"
#include "base/users.hpp"
#include "export/protocol.hpp"
#include "kernel/own_program.hpp"
#include "kernel/privileges.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace snoop {
namespace {

constexpr std::uint32_t nogroup = 65534;

// One that the caller's PATH names is not run with what a
// set-user-ID bit or capabilities of the executable lend, even if it gets none of that.
std::string find_helper(const char *option, const HelperProgram &program)
{
    std::string file = kernel::find_tool(program.name, !kernel::is_lent_privileges());

    if (!file.empty())
        return file;
    const std::string own = kernel::own_file();
    throw Error{exit_lacks,
                "{} needs {}, which is neither in '{}' nor in PATH: install it (package {}), or build snoopkit with "
                "{}",
                option,
                program.name,
                own.substr(0, own.rfind('/')),
                program.package,
                program.needs};
}

// Whom root has given the folder of --otlp-spool.
UserIds owner_of_spool(const std::string &folder)
{
    struct stat status {};

    if (stat(folder.c_str(), &status) != 0)
        throw Error{
            exit_usage,
            "--otlp-spool: cannot open '{0}': {1}; make it for the user that snoop-export is to run as: install "
            "-d -m 700 -o USER '{0}'",
            folder, describe_errno(errno)};
    if (status.st_uid == 0)
        throw Error{exit_usage,
                    "--otlp-spool: '{0}' belongs to root, whom snoop-export does not run as: chown it to the user that "
                    "it is to run as",
                    folder};
    return {status.st_uid, find_account(status.st_uid).value_or(Account{.gid = nogroup}).gid};
}

// Nothing if this process is not root.
std::optional<Account> user_of_helper(const std::string &spool)
{
    if (geteuid() != 0)
        return std::nullopt;
    std::optional<UserIds> ids = sudo_user();
    if (getuid() != 0)
        ids = UserIds{getuid(), getgid()};
    if ((!ids || ids->uid == 0) && !spool.empty())
        ids = owner_of_spool(spool);
    if (!ids || ids->uid == 0)
        return find_account("nobody").value_or(Account{.name = "nobody", .uid = 65534, .gid = nogroup});
    Account account = find_account(ids->uid).value_or(Account{});
    account.uid = ids->uid;
    account.gid = ids->gid;
    return account;
}

// No capability is left then, and no_new_privs keeps an exec from giving any, even to root.
bool give_up_privileges(const std::optional<Account> &user)
{
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return false;
    if (user) {
        const bool has_groups = user->name.empty() ? setgroups(0, nullptr) == 0 : take_groups(*user);
        if (!has_groups || setresgid(user->gid, user->gid, user->gid) != 0 ||
            setresuid(user->uid, user->uid, user->uid) != 0)
            return false;
    }
    return kernel::set_capabilities(0, 0);
}

std::vector<std::string> command_line(const CommonOptions &common, Feed feed, bool spans)
{
    const OtlpOptions &options = common.otlp;
    std::vector<std::string> words;
    const auto add = [&](std::string word) { words.push_back(std::move(word)); };

    add(feed == Feed::live ? "--feed=live" : "--feed=replay");
    add(common.format == Format::otlp ? "--output=otlp" : "--otlp=" + options.url);
    if (spans)
        add("--spans");
    if (options.with_args)
        add("--otlp-args");
    if (options.queue_bytes)
        add(fmt::format("--otlp-queue={}", *options.queue_bytes));
    if (!options.spool.empty())
        add("--otlp-spool=" + options.spool);
    if (options.timeout_s)
        add(fmt::format("--otlp-timeout={}", *options.timeout_s));
    return words;
}

// In the forked process. A failure is told as the program would.
[[noreturn]] void run_helper(int socket, const std::string &file, const std::optional<Account> &user, HelperTask task)
{
    std::vector<char *> argv;
    const char *what = "give up privileges for";

    task.words.insert(task.words.begin(), task.program.name);
    for (std::string &word : task.words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    stop::ForkGuard::restore();
    if (dup2(socket, STDIN_FILENO) >= 0 && dup2(task.output >= 0 ? task.output : socket, STDOUT_FILENO) >= 0 &&
        give_up_privileges(user)) {
        syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0); // descriptors that the tool was started with
        execv(file.c_str(), argv.data());
        what = "execute";
    }
    const std::string line = message_line(
        {Message::Kind::failed,
         exit_lacks,
         fmt::format("cannot {} '{}'{}: {}", what, file,
                     user ? " as user " + (user->name.empty() ? std::to_string(user->uid) : user->name) : "",
                     describe_errno(errno)),
         {}});
    [[maybe_unused]] const ssize_t n = write(STDIN_FILENO, line.data(), line.size());
    _exit(exit_lacks);
}

} // namespace

Helper start_helper(const CommonOptions &options, Feed feed, bool spans)
{
    return start_helper({.program = export_program,
                         .option = "--otlp",
                         .words = command_line(options, feed, spans),
                         .spool = options.otlp.spool,
                         .has_command = !options.command.empty()});
}

Helper start_output_helper(const CommonOptions &options, bool spans)
{
    PrivateFile report;
    HelperTask task{.program = export_program,
                    .option = output_option(options),
                    .words = command_line(options, Feed::live, spans),
                    .has_command = !options.command.empty(),
                    .output = STDOUT_FILENO};

    if (is_report(options.format)) {
        task.program = report_program;
        task.words = {"--feed", std::string{"--format="} + format_name(options.format)};
        // Root in a container may not change its user.
        task.keeps_user = geteuid() == 0 && !kernel::has_capability(CAP_SETUID);
    }
    if (!options.report.empty()) {
        find_helper(task.option, task.program); // without it, an old report stays
        report = create_private_file(task.option, options.report);
        task.output = report.fd.get();
    }
    return start_helper(task);
}

const char *output_option(const CommonOptions &options)
{
    return options.format == Format::otlp ? "-o otlp" : options.report.empty() ? "-o" : "--report";
}

Helper start_helper(const HelperTask &task)
{
    constexpr int bytes = 1 << 20; // the kernel gives what net.core.wmem_max allows
    const std::string file = find_helper(task.option, task.program);
    const bool keeps_user = task.keeps_user && !kernel::is_lent_privileges();
    const auto user = keeps_user ? std::nullopt : user_of_helper(task.spool);
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw Error{exit_runtime, "cannot make a socket for {}: {}", task.program.name, describe_errno(errno)};
    Helper helper{Fd{ends[0]}, -1};
    const Fd its_end{ends[1]};
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    fcntl(ends[0], F_SETFL, O_NONBLOCK);

    const stop::ForkGuard no_signals;
    helper.pid = fork();
    if (helper.pid < 0)
        throw Error{exit_runtime, "cannot start '{}': {}", file, describe_errno(errno)};
    if (helper.pid == 0) {
        if (!task.has_command)
            unsetenv("TRACEPARENT"); // whose trace the programs of others are not part of
        run_helper(its_end.get(), file, user, task);
    }
    return helper;
}

bool read_lines(int socket, std::string &unread, const std::function<void(std::string_view line)> &take)
{
    std::array<char, 4096> chunk;

    for (;;) {
        const ssize_t n = read(socket, chunk.data(), chunk.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 && errno == EAGAIN;
        unread.append(chunk.data(), static_cast<std::size_t>(n));
        for (auto end = unread.find('\n'); end != unread.npos; end = unread.find('\n')) {
            const std::string line = unread.substr(0, end);
            unread.erase(0, end + 1);
            take(line);
        }
    }
}

std::optional<int> exit_status(const Helper &helper)
{
    int status = 0;

    for (int ms = 0; ms < 1000; ms++, poll(nullptr, 0, 1))
        if (waitpid(helper.pid, &status, WNOHANG) == helper.pid)
            return status;
    return std::nullopt;
}

std::string how_it_ended(std::optional<int> status)
{
    if (!status)
        return "closed its socket";
    return WIFSIGNALED(*status) ? fmt::format("was killed by {}", signal_name(WTERMSIG(*status)))
                                : fmt::format("exited with {}", WEXITSTATUS(*status));
}

} // namespace snoop
