import { freePort, NginxProcess } from '@app/testing';

/** A real nginx in front of a port of this machine, as its documentation configures a proxy. */
export async function nginxBefore(target: number): Promise<NginxProcess> {
  const port = await freePort();
  return nginxWith(
    port,
    `server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${target};
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }`,
  );
}

/** One that has these servers inside `http { }`, of which one listens on the port. */
export function nginxWith(port: number, servers: string): Promise<NginxProcess> {
  return NginxProcess.start(port, (folder) => {
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    return `worker_processes 1; pid ${folder}/pid;
events { worker_connections 256; }
http {
  access_log off; ${paths.join(' ')}
  ${servers}
}`;
  });
}
